//===- NpyHeader.cpp - the header of a .npy file --------------------------===//
//
// Implements the parser of the header: the one form of Python literal that
// NumPy writes, with keys in any order, and nothing else.
//
//===----------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace ::attn::exec;

namespace {

/// Consumes a header from the left. Every `parse` returns true on success.
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : text(text) {}

  bool parse(NpyHeader &header) {
    if (!consume("{"))
      return false;
    bool seen[3] = {};
    while (!consume("}")) {
      StringRef key;
      if (!parseString(key) || !consume(":"))
        return false;
      unsigned index = key == "descr" ? 0 : key == "fortran_order" ? 1 : 2;
      if ((index == 2 && key != "shape") || seen[index])
        return false;
      seen[index] = true;
      StringRef descr;
      bool parsed = index == 0   ? parseString(descr)
                    : index == 1 ? parseBool(header.fortranOrder)
                                 : parseShape(header.shape);
      if (!parsed)
        return false;
      if (index == 0)
        header.descr = descr.str();
      // A comma stands between entries and may follow the last.
      if (!consume(",") && !text.ltrim().starts_with("}"))
        return false;
    }
    return seen[0] && seen[1] && seen[2] && text.trim().empty();
  }

private:
  bool consume(StringRef token) {
    text = text.ltrim(' ');
    return text.consume_front(token);
  }

  bool parseString(StringRef &value) {
    text = text.ltrim(' ');
    if (text.empty() || (text[0] != '\'' && text[0] != '"'))
      return false;
    size_t end = text.find(text[0], 1);
    if (end == StringRef::npos)
      return false;
    value = text.slice(1, end);
    text = text.drop_front(end + 1);
    return true;
  }

  bool parseBool(bool &value) {
    value = consume("True");
    return value || consume("False");
  }

  bool parseShape(SmallVectorImpl<int64_t> &shape) {
    if (!consume("("))
      return false;
    while (!consume(")")) {
      int64_t extent;
      text = text.ltrim(' ');
      // Fails on what does not fit 64 bits.
      if (shape.size() == kMaxNpyRank + 1 || text.consumeInteger(10, extent))
        return false;
      // Python 2 wrote 3L.
      consume("L");
      shape.push_back(extent);
      if (!consume(",") && !text.ltrim(' ').starts_with(")"))
        return false;
    }
    return true;
  }

  StringRef text;
};

} // namespace

Expected<NpyHeader> attn::exec::parseNpyHeader(StringRef text) {
  NpyHeader header;
  if (HeaderParser(text).parse(header))
    return header;
  std::string shown;
  raw_string_ostream os(shown);
  printEscapedString(text.take_front(80), os);
  return makeError(ErrorKind::InvalidArgument,
                   "has the header \"{0}{1}\", expected a dictionary of descr, "
                   "fortran_order and a shape of at most {2} extents",
                   shown, text.size() > 80 ? "…" : "", kMaxNpyRank);
}

std::string attn::exec::printNpyHeader(const NpyHeader &header) {
  std::string shape;
  for (int64_t extent : header.shape)
    shape += std::to_string(extent) + ", ";
  // Python's tuple of one keeps its comma.
  if (header.shape.size() > 1)
    shape.resize(shape.size() - 2);
  return formatv("{{'descr': '{0}', 'fortran_order': {1}, 'shape': ({2}), }",
                 header.descr, header.fortranOrder ? "True" : "False",
                 StringRef(shape).rtrim(' '))
      .str();
}
