#!/usr/bin/env python3
"""Makes the site: writes what Doxygen reads (pages with links that it understands, a page of concepts, a gallery, the
headers with what members of one name have in common) into <build>/input, and its html into <build>/html.
docs/site/CMakeLists.txt calls it."""
import argparse
import html
import pathlib
import posixpath
import re
import shutil
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser(description=__doc__)
for option in ("source", "build", "version", "doxygen", "style"):
    parser.add_argument(f"--{option}", default="")
arguments = parser.parse_args()
source = pathlib.Path(arguments.source)
build = pathlib.Path(arguments.build)
site_input = build / "input"
shutil.rmtree(site_input, ignore_errors=True)
shutil.rmtree(build / "html", ignore_errors=True)
(site_input / "pages").mkdir(parents=True)

GUIDE = ["docs/custom_models.md", "docs/method.md", "docs/monte_carlo.md", "docs/posterior.md", "docs/model_choice.md",
         "docs/relative_entropy.md", "docs/mean_field.md", "docs/parallel.md", "docs/predcg_ising.md",
         "docs/glossary.md"]
INSIDE = ["docs/architecture.md", "docs/numerics.md", "docs/validation.md", "docs/benchmarks.md", "CONTRIBUTING.md",
          "SECURITY.md", "docs/releasing.md", "packaging/README.md", "CHANGELOG.md"]
# pages that no list names are added: a new page is never forgotten
GUIDE += sorted(p for p in (f"docs/{f.name}" for f in (source / "docs").glob("*.md")) if p not in GUIDE + INSIDE)
DECISIONS = sorted(f"docs/decisions/{f.name}" for f in (source / "docs/decisions").glob("*.md"))
PAGES = ["README.md", *GUIDE, *INSIDE, *DECISIONS]


# ---- headers

def in_common():
    """Sentences on members by name (members.txt)."""
    sentences = {}
    for line in (here / "members.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            names, sentence = line.split(":", 1)
            sentences.update({name: sentence.strip() for name in names.split()})
    return sentences


DECLARATORS = re.compile(r"^( +(?:static constexpr )?[A-Za-z_][\w:<>, ]*? )(\w+(?: = [^,;(]+|\{\})?(?:, \w+(?: = [^,;(]+|\{\})?)+);"
                         r" *(?:///< ?(.*))?$")


def split_declarators(lines):
    """`T a, b;  ///< text` as two declarations of the same text, on the same line."""
    for number, line in enumerate(lines):
        match = DECLARATORS.match(line)
        before = lines[number - 1].strip() if number else ""
        if not match or before.endswith((",", "(")) or " const auto " in line or "return" in line:
            continue
        text = match[3]
        after = number + 1
        while text and after < len(lines) and lines[after].strip().startswith("///<"):
            text += " " + lines[after].strip()[4:].strip()
            lines[after] = ""
            after += 1
        first = number - 1
        while text is None and first >= 0 and re.match(r" +/// ", lines[first]):
            first -= 1
        if text is None and first < number - 1:
            text = " ".join(l.strip()[4:] for l in lines[first + 1:number])
            lines[first + 1:number] = [""] * (number - 1 - first)
        comment = f" /**< {text} */" if text else ""
        lines[number] = " ".join(f"{match[1] if k == 0 else match[1].strip() + ' '}{name};{comment}"
                                 for k, name in enumerate(match[2].split(", ")))


def tag_free(line):
    """A line whose comment, unless it is code (four spaces), has no `<word`, which would be a tag."""
    match = re.match(r"(.*?///?<? ?)(?! {4})(?=\S)(.*)$", line)
    return match[1] + re.sub(r"<(?=\w)", r"\\<", match[2]) if match else line


def write_headers():
    for header in sorted((source / "include").rglob("*.hpp")):
        path = site_input / header.relative_to(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = header.read_text().split("\n")
        lines = [tag_free(line) for line in lines]
        split_declarators(lines)
        # a first comment is that of the file
        while lines and not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines):
            if line.startswith("namespace") or re.match(r"(template|struct|class|inline) ?", line):
                break
            if re.match(r"// \S", line) and not (number and lines[number - 1].startswith(("//", "/**"))):
                last = number
                while lines[last + 1].startswith("//"):
                    last += 1
                text = [re.sub(r"<(?=\w)", r"\\<", l[3:]) for l in lines[number:last + 1]]
                lines[number] = f"/** @file {header.relative_to(source / 'include')} " + text[0]
                lines[number + 1:last + 1] = text[1:]
                lines[last] += " */"
                break
        path.write_text("\n".join(lines) + "\n")


def run_doxygen(extra, **how):
    doxyfile = build / "Doxyfile"
    doxyfile.write_text((here / "Doxyfile").read_text() + "\n" + "\n".join(extra) + "\n")
    return subprocess.run([arguments.doxygen, str(doxyfile)], cwd=build, text=True, **how)


def describe_common_members():
    """Gives undocumented members whose name has a sentence that sentence; Doxygen tells which those are."""
    sentences = in_common()
    log = run_doxygen([f"INPUT = {site_input}/include {here}/namespaces.dox", f"OUTPUT_DIRECTORY = {build}", "GENERATE_HTML = NO",
                       f"STRIP_FROM_PATH = {site_input}"], stderr=subprocess.PIPE).stderr
    found = {}
    for path, line, name in re.findall(
            r"^(\S+):(\d+): warning: Member (operator\(\)|operator[^\s(]*|[\w:~]+).* \(\w+\) of \w+ .*is not documented", log,
            re.MULTILINE):
        if name in sentences:
            found.setdefault(path, set()).add((int(line), name))
    for path, places in found.items():
        lines = pathlib.Path(path).read_text().split("\n")
        for line, name in places:
            at = line - 1
            # before the template's head and its constraints
            while re.match(r"\s*(template\b|requires\b|\[\[)", lines[at - 1]) and not lines[at - 1].rstrip().endswith((";", "}")):
                at -= 1
            # of several declarations in the line, the one meant
            said = re.search(r"\b" + re.escape(name) + r"\s*(?==|;|\{|\()", lines[at])
            start = lines[at].rfind("; ", 0, said.start()) + 2 if said and "; " in lines[at][:said.start()] else 0
            if lines[at].startswith("/**<", start):
                start = lines[at].index("*/", start) + 3
            insert_at = max(start, len(lines[at]) - len(lines[at].lstrip()))
            lines[at] = f"{lines[at][:insert_at]}/** {sentences[name]} */ {lines[at][insert_at:]}"
        pathlib.Path(path).write_text("\n".join(lines))


# ---- pages

def slug(text):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"[`*]", "", text.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def identifier(path, heading=""):
    name = "index" if path == "README.md" and not heading else re.sub(r"\W", "_", path.removesuffix(".md"))
    return ("" if name == "index" else "page_") + name + ("__" + re.sub(r"\W", "_", heading) if heading else "")


quoted_files = {}  # those that pages link to: path -> identifier of a page that shows it


def shown_file(path):
    quoted_files.setdefault(path, "file_" + re.sub(r"\W", "_", path))
    return quoted_files[path]


def resolve(page, target):
    """What a link of a page is to Doxygen."""
    if re.match(r"[a-z]+:", target):
        return target
    path, _, heading = target.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    if path in PAGES:
        return "@ref " + identifier(path, heading)
    if path == "docs/decisions":
        return "@ref decisions"
    if (source / path).is_dir():
        return "@ref files"
    if not (source / path).exists():
        sys.exit(f"{page}: no {target}")
    return "@ref " + shown_file(path)


def code_span(text):
    """Doxygen looks for the ends of quotations even in code."""
    if not re.search("[\"']", text):
        return text
    plain = re.sub(r"([\\@#%])", r"\\\1", html.escape(text[1:-1], quote=False))
    return "<code>" + plain.replace('"', "&quot;").replace("'", "&apos;") + "</code>"


def page_text(page):
    """A page in Doxygen's Markdown."""
    out, fence = [], False
    first = True
    text = (source / page).read_text()
    text = re.sub(r"^<!--.*?-->\n", "", text, flags=re.MULTILINE | re.DOTALL)
    # links may be broken over two lines
    text = re.sub(r"\[([^\]`|]*)\n([^\]`|]*)\]\(", r"[\1 \2](", text)
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            fence = not fence
            out.append(re.sub(r"```(sh|text|cmake|console)$", "```", line))
            continue
        if not fence:
            heading = re.match(r"(#+) (.*)", line)
            if heading:
                title = heading[2].replace("`", "")
                if first:
                    label = "mainpage" if page == "README.md" else identifier(page)
                    title = "predcg" if page == "README.md" else title
                else:
                    label = identifier(page, slug(heading[2]))
                    while label in headings:
                        label += "_1"
                    headings.add(label)
                if page == "README.md" and not first:  # not in the tree at the side, where the other pages are
                    size = len(heading[1])
                    out.append(f"@anchor {label}\n<h{size - 1}>{title}</h{size - 1}>\n")
                else:
                    out.append(f"{heading[1]} {title} {{#{label}}}")
                first = False
                continue
            spans = re.findall(r"`[^`]*`", line)  # are put back as they are
            line = re.sub(r"<(?=\w)", r"\\<", re.sub(r"`[^`]*`", "\0", line))
            line = re.sub(r"(?<=\])\(([^)\s]+)\)", lambda m: link(page, m), line)
            line = re.sub("\0", lambda _: code_span(spans.pop(0)), line)
        out.append(line)
    return "\n".join(out)


headings = set()


def link(page, match):
    target = match[1]
    if target.endswith((".png", ".svg")):
        return f"({posixpath.basename(target)})"
    return f"({resolve(page, target)})"


def write_page(name, text):
    (site_input / "pages" / f"{name}.md").write_text(text)


def title_of(page):
    return (source / page).read_text().split("\n", 1)[0].lstrip("# ")


def write_list(name, title, intro, entries):
    write_page(name, f"# {title} {{#{name}}}\n\n{intro}\n\n" + "\n".join(f"* @subpage {entry}" for entry in entries) + "\n")


def write_pages():
    for page in PAGES:
        write_page(identifier(page), page_text(page))
    write_list("a_guide", "Guide", "How to use the library, one subject a page.", map(identifier, GUIDE))
    write_page("d_inside", "# Inside {#inside}\n\nHow it is built, tested and measured.\n\n" + "".join(
        f"* @subpage {identifier(page)}\n" for page in INSIDE) + "* @subpage decisions\n* @subpage files\n")
    write_page("c_gallery", page_text("docs/site/gallery.md"))
    write_list("decisions", "Decisions", "Alternatives that were weighed, and why one was taken.",
               map(identifier, DECISIONS))


def write_files():
    """A page for each file of the sources that a page links to."""
    language = {".hpp": "cpp", ".cpp": "cpp", ".py": "py"}
    for path, name in sorted(quoted_files.items()):
        text = (source / path).read_text()
        suffix = language.get(pathlib.Path(path).suffix, "txt")
        write_page(name, f"# {path} {{#{name}}}\n\n~~~~{{.{suffix}}}\n{text}\n~~~~\n")
    write_list("files", "Files that pages quote", "Programs, tables and scripts of the sources, as they are.",
               (name for _, name in sorted(quoted_files.items())))


# ---- concepts

def skeletons():
    """Declarations by concept (skeletons.txt)."""
    all_of = {}
    for line in (here / "skeletons.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, declarations = line.split(": ", 1)
            lines = [f"    {declaration.strip()};" for declaration in re.split(r";(?!  //) ", declarations)]
            lines = [re.sub(r"(  //.*);$", r"\1", text) for text in lines]
            all_of[name] = f"struct My{name} {{\n" + "\n".join(lines) + "\n};"
    return all_of


def write_concepts():
    out = ["# Concepts and skeletons {#b_concepts}", "", "What a type of yours must have, to be taken for what. A skeleton is what a "
           "type needs beyond the concepts named in its definition; a page for each has the definition itself. Structure "
           "that is optional is found by asking whether the type has it. " +
           "[Custom models](@ref page_docs_custom_models) has complete examples.", ""]
    undocumented = []
    written = skeletons()
    count = 0
    names = set()
    texts = {}
    for header in sorted((source / "include").rglob("*.hpp")):
        text = re.sub(r"namespace [\w:]*detail \{.*?\n\}  // namespace [\w:]*detail", "", header.read_text(), flags=re.DOTALL)
        concepts = list(re.finditer(r"((?:///[^\n]*\n)*)template <[^\n]*\n(?:[^\n]*\n)?concept (\w+) =(.*?);\n(?=\n|$|}|/|t)",
                                    text, re.DOTALL))
        if concepts:
            texts[header] = concepts
            names |= {match[2] for match in concepts}
    for header, concepts in sorted(texts.items(), key=lambda item: ("concepts" not in item[0].parts, item[0])):
        name = header.relative_to(source / "include").as_posix()
        place = re.sub(r"[^a-z_]", "_", name)
        out += [f"## {name} {{#concepts_{place}}}", ""]
        for match in concepts:
            count += 1
            if not match[1]:
                undocumented.append(f"{header}: concept {match[2]} is not documented")
            comment = [line[4:] for line in match[1].splitlines()]
            prose = " ".join(line for line in comment if not line.startswith("    "))
            code = "\n".join(line[4:] for line in comment if line.startswith("    "))
            definition = re.sub(r"//[^\n]*", "", match[3])
            skeleton = code or written.pop(match[2], "")
            combined = [n for n in dict.fromkeys(re.findall(r"\w+", definition)) if n in names and n != match[2]]
            out += [f"### {match[2]} {{#concept_{match[2]}}}", "", f"{escape(prose)} (predcg::{match[2]})", ""]
            if combined:
                out += ["Speaks of " + ", ".join(f"[{n}](@ref concept_{n})" for n in combined) + ".", ""]
            if skeleton:
                out += ["```cpp", skeleton, "```", ""]
    write_page("b_concepts", "\n".join(out) + "\n")
    undocumented += [f"skeletons.txt: {name} is no concept, or its comment has a skeleton" for name in written]
    if undocumented or not count:
        sys.exit("\n".join(undocumented) or "no concepts found")


def escape(text):
    return re.sub(r"(<(?=\w)|[@\\#])", r"\\\1", text)


# ---- html

def write_html():
    header = build / "header.html"
    extra = [f"INPUT = {site_input}/pages {site_input}/include {here}/namespaces.dox", f"OUTPUT_DIRECTORY = {build}",
             f"PROJECT_NUMBER = {arguments.version}", f"STRIP_FROM_PATH = {site_input}/include",
             f"STRIP_FROM_INC_PATH = {site_input}/include", f"IMAGE_PATH = {source}/docs {here}/figures",
            ]
    if arguments.style:
        style = pathlib.Path(arguments.style)
        scripts = [style / f"doxygen-awesome-{name}.js" for name in
                   ("darkmode-toggle", "fragment-copy-button", "paragraph-link", "interactive-toc")]
        extra += [f"HTML_EXTRA_STYLESHEET = {style}/doxygen-awesome.css {style}/doxygen-awesome-sidebar-only.css "
                  f"{style}/doxygen-awesome-sidebar-only-darkmode-toggle.css {here}/site.css",
                  "HTML_EXTRA_FILES = " + " ".join(map(str, scripts))]
        subprocess.run([arguments.doxygen, "-w", "html", str(header), str(build / "footer.html"),
                        str(build / "style.css"), str(build / "Doxyfile")], check=True, cwd=build,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        loaded = "".join(f'<script type="text/javascript" src="$relpath^{script.name}"></script>\n' for script in scripts)
        header.write_text(header.read_text().replace("</head>", loaded + """<script type="text/javascript">
DoxygenAwesomeDarkModeToggle.init(); DoxygenAwesomeFragmentCopyButton.init();
DoxygenAwesomeParagraphLink.init(); DoxygenAwesomeInteractiveToc.init();
</script>
</head>"""))
        extra.append(f"HTML_HEADER = {header}")
    else:
        extra.append(f"HTML_EXTRA_STYLESHEET = {here}/site.css")
    log = run_doxygen(extra, stderr=subprocess.PIPE).stderr
    sys.stderr.write(log.replace(f"{site_input}/", ""))
    if "warning:" in log or "error:" in log:
        sys.exit(f"{log.count('warning:')} warnings")
    # Doxygen 1.9.4 points to a list of classes where all of them are private, and leaves it out
    for page in (build / "html").glob("class*.html"):
        text = page.read_text()
        if "#nested-classes" in text and 'name="nested-classes"' not in text:
            page.write_text(text.replace('<a href="#nested-classes">Classes</a> &#124;\n', ""))


write_headers()
describe_common_members()
write_pages()
write_files()
write_concepts()
write_html()
