#pragma once
// A place where long work keeps what it needs to go on.
#include <predcg/core/bytes.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace predcg {

/// What keeps the bytes of parts by their names. Checkpoint (core/checkpoint.hpp) is one. Called by any
/// thread.
class CheckpointStore {
public:
    CheckpointStore() = default;
    CheckpointStore(const CheckpointStore&) = delete;
    CheckpointStore& operator=(const CheckpointStore&) = delete;
    virtual ~CheckpointStore() = default;

    /// The bytes of a part; none where there are none.
    virtual std::optional<std::string> saved(const std::string& name) const = 0;
    /// True if the part should be put now.
    virtual bool is_due(const std::string& name) = 0;
    /// Keeps the bytes of a part in the place of those before.
    virtual void put(const std::string& name, std::string bytes) = 0;
    /// Forgets a part, and the parts of this part.
    virtual void drop(const std::string& name) = 0;
};

/// A part of a checkpoint: where a loop keeps what it needs to go on, under a name of its own. By default
/// there is no checkpoint, and nothing is kept. Copies stand for the same part.
class CheckpointPlace {
public:
    CheckpointPlace() = default;
    /// Throws ArgumentError for a null pointer.
    explicit CheckpointPlace(std::shared_ptr<CheckpointStore> checkpoint, std::string name = "")
        : checkpoint_(std::move(checkpoint)), name_(std::move(name)) {
        if (!checkpoint_)
            detail::argument_error("CheckpointPlace", "checkpoint", "null", "a pointer to a Checkpoint");
    }

    /// True if there is a checkpoint.
    explicit operator bool() const { return bool(checkpoint_); }

    /// What keeps the part; null: there is no checkpoint.
    const std::shared_ptr<CheckpointStore>& store() const { return checkpoint_; }
    /// Of the part.
    const std::string& name() const { return name_; }

    /// A part of this part. Loops that are not the same must not have the same name.
    CheckpointPlace within(std::string_view name) const {
        CheckpointPlace inner = *this;
        if (checkpoint_) inner.name_ += "/" + std::string(name);
        return inner;
    }

    /// Reads what was kept into the values; false, and nothing changed, where nothing was. Throws
    /// ArgumentError for bytes of other values.
    template <class... T>
    [[gnu::cold]] bool restore(T&... values) const {
        if (!checkpoint_) return false;
        const std::optional<std::string> bytes = checkpoint_->saved(name_);
        if (!bytes) return false;
        detail::BasicByteReader<detail::UnknownTypes::throw_error> read(*bytes, "Checkpoint");
        read(values...);
        if (!read.is_empty())
            detail::argument_error("Checkpoint", "bytes of " + name_, "more than there is to restore",
                                   "a checkpoint of the same work");
        return true;
    }

    /// True if it is time to keep values.
    bool is_due() const { return checkpoint_ && checkpoint_->is_due(name_); }

    /// Keeps the values if it is time to.
    template <class... T>
    void offer(const T&... values) const {
        if (is_due()) keep(values...);
    }

    /// Keeps the values now. Throws ArgumentError for types that cannot be saved (predcg::Stored).
    template <class... T>
    [[gnu::cold]] void keep(const T&... values) const {
        if (!checkpoint_) return;
        detail::BasicByteWriter<detail::UnknownTypes::throw_error> write;
        write(values...);
        checkpoint_->put(name_, std::move(write.bytes));
    }

    /// Forgets what was kept of this part and of its own parts: the work is done, and will not be asked for.
    [[gnu::cold]] void drop() const {
        if (checkpoint_) checkpoint_->drop(name_);
    }

private:
    std::shared_ptr<CheckpointStore> checkpoint_;
    std::string name_;
};

}  // namespace predcg
