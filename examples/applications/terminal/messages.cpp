#include "terminal/messages.hpp"

#include <cstdio>

namespace cli {

namespace {

std::string& program() {
    static std::string name = "predcg";
    return name;
}

}  // namespace

void name_program(const std::string& name) { program() = name; }

void say(const std::string& message) { std::fprintf(stderr, "%s: %s\n", program().c_str(), message.c_str()); }

void warn(const std::string& message) { say("warning: " + message); }

}  // namespace cli
