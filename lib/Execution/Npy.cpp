//===- Npy.cpp - tensors in .npy files ------------------------------------===//
//
// Implements the reader and the writer of NumPy's file format: six bytes of
// magic, two of version, the length of the header, the header, the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
//
//===----------------------------------------------------------------------===//

#include "attn/Execution/Npy.h"
#include "NpyHeader.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace ::attn::exec;

static constexpr StringLiteral kMagic = "\x93NUMPY";
/// NumPy aligns the elements to this many bytes.
static constexpr size_t kAlignment = 64;

namespace {

/// NumPy's names of our element types, without the byte order.
struct DTypeName {
  DType dtype;
  StringLiteral name;
};

constexpr DTypeName kNames[] = {
    {DType::F32, "f4"}, {DType::F64, "f8"},  {DType::F16, "f2"},
    {DType::I32, "i4"}, {DType::I64, "i8"},  {DType::I8, "i1"},
    {DType::I1, "b1"},  {DType::BF16, "V2"}, {DType::F8E4M3FN, "V1"},
};

} // namespace

static Expected<DType> parseDescr(StringRef descr,
                                  std::optional<DType> expected) {
  if (descr.starts_with(">"))
    return makeError(ErrorKind::InvalidArgument,
                     "has big-endian elements '{0}', expected little-endian "
                     "ones",
                     descr);
  StringRef name = descr;
  if (!descr.empty() && StringRef("<=|").contains(descr[0]))
    name = descr.drop_front();
  if (name == "u2" && expected == DType::BF16)
    return DType::BF16;
  if (name == "u1" && expected == DType::F8E4M3FN)
    return DType::F8E4M3FN;
  for (const DTypeName &known : kNames)
    if (name == known.name)
      return known.dtype;
  return makeError(ErrorKind::InvalidArgument,
                   "has elements of type '{0}', expected f2, f4, f8, i1, i4, "
                   "i8, b1, bfloat16 or float8_e4m3fn",
                   descr);
}

/// The bytes that `shape` takes, and its strides.
static Expected<uint64_t> layOut(const NpyHeader &header, TensorView &view) {
  size_t rank = header.shape.size();
  if (rank > kMaxNpyRank)
    return makeError(ErrorKind::InvalidArgument,
                     "has {0} dimensions, expected at most {1}", rank,
                     kMaxNpyRank);
  view.sizes.assign(header.shape.begin(), header.shape.end());
  view.strides.assign(rank, 0);
  // Extents of 0 must not hide others whose strides would overflow.
  int64_t stride = 1;
  bool empty = false;
  for (size_t index = 0; index < rank; ++index) {
    size_t dim = header.fortranOrder ? index : rank - 1 - index;
    int64_t extent = view.sizes[dim];
    if (extent < 0)
      return makeError(ErrorKind::InvalidArgument,
                       "has extent {0} in dimension {1}, expected no negative "
                       "one",
                       extent, dim);
    view.strides[dim] = stride;
    empty |= extent == 0;
    if (MulOverflow(stride, std::max<int64_t>(extent, 1), stride))
      return makeError(ErrorKind::InvalidArgument,
                       "has shape {0}, whose elements cannot be counted in 63 "
                       "bits",
                       view.getType().str());
  }
  int64_t bytes;
  if (MulOverflow(stride, getSize(view.dtype), bytes))
    return makeError(ErrorKind::InvalidArgument,
                     "has shape {0}, whose bytes cannot be counted in 63 bits",
                     view.getType().str());
  return empty ? 0 : bytes;
}

/// Fills `tensor.view` from the bytes of `tensor.file`.
static llvm::Error parseFile(NpyTensor &tensor, std::optional<DType> expected) {
  StringRef bytes = tensor.file->getBuffer();
  if (!bytes.consume_front(kMagic))
    return makeError(ErrorKind::InvalidArgument,
                     "is no .npy file: expected it to begin with \\x93NUMPY");
  if (bytes.size() < 4)
    return makeError(ErrorKind::InvalidArgument,
                     "ends in its first {0} bytes, expected a header",
                     tensor.file->getBufferSize());
  unsigned major = uint8_t(bytes[0]), minor = uint8_t(bytes[1]);
  if (major < 1 || major > 3 || minor != 0)
    return makeError(ErrorKind::InvalidArgument,
                     "has version {0}.{1}, expected 1.0, 2.0 or 3.0", major,
                     minor);
  bytes = bytes.drop_front(2);
  size_t lengthBytes = major == 1 ? 2 : 4;
  if (bytes.size() < lengthBytes)
    return makeError(ErrorKind::InvalidArgument,
                     "ends in its first {0} bytes, expected a header",
                     tensor.file->getBufferSize());
  uint64_t length = major == 1 ? support::endian::read16le(bytes.data())
                               : support::endian::read32le(bytes.data());
  bytes = bytes.drop_front(lengthBytes);
  if (length > bytes.size())
    return makeError(ErrorKind::InvalidArgument,
                     "says its header has {0} bytes, but ends after {1}",
                     length, bytes.size());

  Expected<NpyHeader> header = parseNpyHeader(bytes.take_front(length));
  if (!header)
    return header.takeError();
  bytes = bytes.drop_front(length);
  Expected<DType> dtype = parseDescr(header->descr, expected);
  if (!dtype)
    return dtype.takeError();
  tensor.view.dtype = *dtype;
  Expected<uint64_t> size = layOut(*header, tensor.view);
  if (!size)
    return size.takeError();
  if (*size != bytes.size())
    return makeError(ErrorKind::InvalidArgument,
                     "holds {0} bytes of elements, expected {1} for shape {2}",
                     bytes.size(), *size, tensor.view.getType().str());
  // Inputs are only read.
  tensor.view.data = const_cast<char *>(bytes.data());
  return llvm::Error::success();
}

/// `error` with the file it is about.
static llvm::Error aboutFile(StringRef path, llvm::Error error) {
  return makeError(ErrorKind::InvalidArgument, "'{0}' {1}", path,
                   toString(std::move(error)));
}

Expected<NpyTensor> attn::exec::readNpy(StringRef path,
                                        std::optional<DType> expected) {
  // A device or a pipe may never end.
  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(path, status))
    return makeError(ErrorKind::InvalidArgument, "cannot read '{0}': {1}", path,
                     error.message());
  if (status.type() != sys::fs::file_type::regular_file)
    return makeError(ErrorKind::InvalidArgument, "'{0}' is not a regular file",
                     path);
  // Volatile: read, not mapped, so that a file cut short meanwhile is no crash.
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false,
                                    /*IsVolatile=*/true);
  if (!file)
    return makeError(ErrorKind::InvalidArgument, "cannot read '{0}': {1}", path,
                     file.getError().message());
  NpyTensor tensor;
  tensor.file = std::move(*file);
  if (llvm::Error error = parseFile(tensor, expected))
    return aboutFile(path, std::move(error));
  return tensor;
}

/// Writes the elements of `view` from dimension `dim` on, beginning at `data`.
static void writeElements(raw_ostream &os, const TensorView &view, size_t dim,
                          const char *data) {
  int64_t size = getSize(view.dtype);
  if (dim == view.sizes.size()) {
    os.write(data, size);
    return;
  }
  if (dim + 1 == view.sizes.size() && view.strides[dim] == 1) {
    os.write(data, view.sizes[dim] * size);
    return;
  }
  for (int64_t index = 0; index < view.sizes[dim]; ++index)
    writeElements(os, view, dim + 1, data + index * view.strides[dim] * size);
}

llvm::Error attn::exec::writeNpy(StringRef path, const TensorView &view) {
  NpyHeader header;
  for (const DTypeName &known : kNames)
    if (known.dtype == view.dtype)
      header.descr =
          ((getSize(view.dtype) == 1 ? "|" : "<") + known.name).str();
  header.shape.assign(view.sizes.begin(), view.sizes.end());
  std::string text = printNpyHeader(header);
  size_t used = kMagic.size() + 4 + text.size() + 1;
  text.append(alignTo(used, kAlignment) - used, ' ');
  text += '\n';

  llvm::Error error = writeToOutput(path, [&](raw_ostream &os) {
    char lead[4] = {1, 0};
    support::endian::write16le(lead + 2, text.size());
    os << kMagic << StringRef(lead, sizeof(lead)) << text;
    writeElements(os, view, 0, static_cast<const char *>(view.data));
    return llvm::Error::success();
  });
  if (error)
    return makeError(ErrorKind::InvalidArgument, "cannot write '{0}': {1}",
                     path, toString(std::move(error)));
  return llvm::Error::success();
}
