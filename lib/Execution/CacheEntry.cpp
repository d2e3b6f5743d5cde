//===- CacheEntry.cpp - a kernel in bytes ---------------------------------===//
//
// Implements the format of files of the disk cache.
//
//===----------------------------------------------------------------------===//

#include "CacheEntry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/SHA256.h"

using namespace ::attn::exec;

static constexpr llvm::StringLiteral kMagic = "attnkrnl";
/// Counts changes of the format.
static constexpr uint64_t kVersion = 2;
static constexpr size_t kHashBytes = 32, kMaxRank = 8;
static constexpr size_t kHeaderBytes = 8 + 8 + kHashBytes + 8;

static std::array<uint8_t, 32> hash(llvm::StringRef bytes) {
  return llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes));
}

static llvm::StringRef toText(const std::array<uint8_t, 32> &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

namespace {

/// Appends numbers and texts to bytes.
class Writer {
public:
  void number(uint64_t value) {
    char word[8];
    llvm::support::endian::write64le(word, value);
    bytes.append(word, sizeof(word));
  }
  void text(llvm::StringRef value) {
    number(value.size());
    bytes += value;
  }
  void types(llvm::ArrayRef<TensorType> types) {
    number(types.size());
    for (const TensorType &type : types) {
      number(uint64_t(type.dtype));
      number(type.sizes.size());
      for (int64_t size : type.sizes)
        number(size);
    }
  }

  std::string bytes;
};

/// Takes them back; after the first thing that does not fit, all is empty.
class Reader {
public:
  explicit Reader(llvm::StringRef bytes) : rest(bytes) {}

  uint64_t number() {
    if (!valid || rest.size() < 8)
      return fail();
    uint64_t value = llvm::support::endian::read64le(rest.data());
    rest = rest.drop_front(8);
    return value;
  }
  /// A number of things that take at least 8 bytes each.
  uint64_t count() {
    uint64_t value = number();
    return value <= rest.size() / 8 ? value : fail();
  }
  /// The number of one of `inputs` inputs, or -1.
  int64_t input(size_t inputs) {
    int64_t value = number();
    if (value < -1 || value >= int64_t(inputs))
      fail();
    return value;
  }
  std::string text() {
    uint64_t size = number();
    if (!valid || size > rest.size()) {
      fail();
      return "";
    }
    std::string value = rest.take_front(size).str();
    rest = rest.drop_front(size);
    return value;
  }
  template <typename Types> void types(Types &types) {
    for (uint64_t k = 0, n = count(); k < n && valid; ++k) {
      TensorType type;
      uint64_t dtype = number(), rank = number();
      if (dtype > uint64_t(DType::F8E4M3FN) || rank > kMaxRank) {
        fail();
        return;
      }
      type.dtype = DType(dtype);
      for (uint64_t d = 0; d < rank; ++d) {
        type.sizes.push_back(int64_t(number()));
        if (type.sizes.back() < kDynamic)
          fail();
      }
      types.push_back(std::move(type));
    }
  }
  /// Whether everything fitted and nothing is left.
  bool finish() const { return valid && rest.empty(); }

private:
  uint64_t fail() {
    valid = false;
    return 0;
  }

  llvm::StringRef rest;
  bool valid = true;
};

} // namespace

std::string attn::exec::encode(const CacheEntry &entry, const CacheKey &key) {
  Writer payload;
  payload.text(entry.signature.name);
  payload.types(entry.signature.inputs);
  payload.types(entry.signature.results);
  for (int64_t input : entry.signature.sharedInputs)
    payload.number(input);
  payload.number(entry.messages.size());
  for (const std::string &message : entry.messages)
    payload.text(message);
  payload.text(entry.isa);
  payload.text(entry.schedule);
  payload.text(entry.explanation);
  payload.text(entry.object);

  Writer file;
  file.bytes += kMagic;
  file.number(kVersion);
  file.bytes += toText(key);
  file.text(payload.bytes);
  file.bytes += toText(hash(file.bytes));
  return std::move(file.bytes);
}

llvm::Expected<CacheEntry> attn::exec::decode(llvm::StringRef file,
                                              const CacheKey &key) {
  if (file.size() < kHeaderBytes + kHashBytes)
    return llvm::createStringError("it is truncated");
  llvm::StringRef body = file.drop_back(kHashBytes);
  if (!body.starts_with(kMagic))
    return llvm::createStringError("it is of another kind");
  if (llvm::support::endian::read64le(body.data() + 8) != kVersion)
    return llvm::createStringError("it is of another version");
  if (body.substr(16, kHashBytes) != toText(key))
    return llvm::createStringError("it is of another key");
  llvm::StringRef payload = body.drop_front(kHeaderBytes);
  if (llvm::support::endian::read64le(payload.data() - 8) != payload.size())
    return llvm::createStringError("its size is not the one it states");
  if (toText(hash(body)) != file.take_back(kHashBytes))
    return llvm::createStringError("its hash is not the one it states");

  CacheEntry entry;
  Reader reader(payload);
  entry.signature.name = reader.text();
  reader.types(entry.signature.inputs);
  reader.types(entry.signature.results);
  for (size_t k = 0; k < entry.signature.results.size(); ++k)
    entry.signature.sharedInputs.push_back(
        reader.input(entry.signature.inputs.size()));
  for (uint64_t k = 0, n = reader.count(); k < n; ++k)
    entry.messages.push_back(reader.text());
  entry.isa = reader.text();
  entry.schedule = reader.text();
  entry.explanation = reader.text();
  entry.object = reader.text();
  if (!reader.finish())
    return llvm::createStringError("its payload is malformed");
  return entry;
}
