//===- MaskSyntax.cpp - the functional grammar of masks -------------------===//
//
// Parses and prints masks with operands in place. MLIR's parser has no `&`, `|`
// and `!` tokens, so combinations are functions: all(…), any(…), not(…);
// functors name their numbers first: block<b, …>, grid<[n, …], […]>. Which
// masks exist is read off the generated attribute list, so a new mask needs no
// line here unless it nests masks in a new way.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/MaskSyntax.h"
#include "attn/IR/AttnOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Detects masks that name an operand.
template <typename T, typename = void> struct HasSlot : std::false_type {};
template <typename T>
struct HasSlot<T, std::void_t<decltype(std::declval<T>().getSlot())>>
    : std::true_type {};

/// Detects masks made of a list of masks.
template <typename T, typename = void> struct HasMasks : std::false_type {};
template <typename T>
struct HasMasks<T, std::void_t<decltype(std::declval<T>().getMasks())>>
    : std::true_type {};

/// Detects masks made of one mask.
template <typename T, typename = void> struct HasMask : std::false_type {};
template <typename T>
struct HasMask<T, std::void_t<decltype(std::declval<T>().getMask())>>
    : std::true_type {};

/// Detects masks that draw keys.
template <typename T, typename = void> struct HasSeed : std::false_type {};
template <typename T>
struct HasSeed<T, std::void_t<decltype(std::declval<T>().getSeed())>>
    : std::true_type {};

/// Detects masks with parameters: only those have a generated parser.
template <typename T, typename = void>
struct HasParameters : std::false_type {};
template <typename T>
struct HasParameters<T, std::void_t<decltype(&T::parse)>> : std::true_type {};

/// Recursive-descent parser of one mask.
class MaskParser {
public:
  MaskParser(OpAsmParser &parser,
             SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
             SmallVectorImpl<Type> &types)
      : parser(parser), operands(operands), types(types) {}

  ParseResult parse(Attribute &mask, unsigned depth) {
    SMLoc loc = parser.getCurrentLocation();
    if (depth > kMaxMaskDepth)
      return parser.emitError(loc, "masks nest deeper than ")
             << kMaxMaskDepth << " levels";
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return failure();
    return dispatch<
#define GET_ATTRDEF_LIST
#include "attn/IR/AttnAttrs.cpp.inc"
        >(loc, keyword, mask, depth);
  }

private:
  template <typename... Attrs>
  ParseResult dispatch(SMLoc loc, StringRef keyword, Attribute &mask,
                       unsigned depth) {
    std::optional<ParseResult> result;
    (tryParse<Attrs>(keyword, mask, depth, result), ...);
    if (result)
      return *result;
    InFlightDiagnostic diag = parser.emitError(loc, "unknown mask '")
                              << keyword << "', expected one of";
    (listMnemonic<Attrs>(diag), ...);
    return diag;
  }

  template <typename T> static void listMnemonic(InFlightDiagnostic &diag) {
    if constexpr (std::is_base_of_v<MaskAttrInterface::Trait<T>, T>)
      diag << ' ' << T::getMnemonic();
  }

  template <typename T>
  void tryParse(StringRef keyword, Attribute &mask, unsigned depth,
                std::optional<ParseResult> &result) {
    if constexpr (std::is_base_of_v<MaskAttrInterface::Trait<T>, T>) {
      if (!result && keyword == T::getMnemonic())
        result = parseOne<T>(mask, depth);
    }
  }

  template <typename T> ParseResult parseOne(Attribute &mask, unsigned depth) {
    MLIRContext *context = parser.getContext();
    if constexpr (HasSlot<T>::value) {
      unsigned slot = operands.size();
      if (parser.parseLParen() ||
          parser.parseOperand(operands.emplace_back()) ||
          parser.parseColonType(types.emplace_back()) || parser.parseRParen())
        return failure();
      mask = T::get(context, slot);
    } else if constexpr (std::is_same_v<T, PredMaskAttr>) {
      if (parsePred(mask))
        return failure();
    } else if constexpr (std::is_same_v<T, BlocksMaskAttr>) {
      if (parseBlocks(mask))
        return failure();
    } else if constexpr (HasSeed<T>::value) {
      if (parseDraw<T>(mask, depth))
        return failure();
    } else if constexpr (std::is_same_v<T, GridMaskAttr>) {
      SmallVector<int64_t> extents;
      SmallVector<MaskAttrInterface> masks;
      if (parser.parseLess() ||
          parser.parseCommaSeparatedList(
              AsmParser::Delimiter::Square,
              [&]() { return parser.parseInteger(extents.emplace_back()); }) ||
          parser.parseComma() ||
          parseList(AsmParser::Delimiter::Square, masks, depth))
        return failure();
      SmallVector<int64_t> box;
      if (succeeded(parser.parseOptionalComma()) &&
          (parser.parseKeyword("box") ||
           parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() {
             return parser.parseInteger(box.emplace_back());
           })))
        return failure();
      if (parser.parseGreater())
        return failure();
      mask = T::get(context, extents, masks, box);
    } else if constexpr (HasMasks<T>::value) {
      SmallVector<MaskAttrInterface> masks;
      if (parseList(std::is_same_v<T, PerHeadMaskAttr>
                        ? AsmParser::Delimiter::Square
                        : AsmParser::Delimiter::Paren,
                    masks, depth))
        return failure();
      mask = T::get(context, masks);
    } else if constexpr (std::is_same_v<T, BlockMaskAttr>) {
      int64_t extent;
      Attribute inner;
      if (parser.parseLess() || parser.parseInteger(extent) ||
          parser.parseComma() || parse(inner, depth + 1) ||
          parser.parseGreater())
        return failure();
      mask = T::get(context, extent, cast<MaskAttrInterface>(inner));
    } else if constexpr (HasMask<T>::value) {
      Attribute inner;
      if (parser.parseLParen() || parse(inner, depth + 1) ||
          parser.parseRParen())
        return failure();
      mask = T::get(context, cast<MaskAttrInterface>(inner));
    } else if constexpr (HasParameters<T>::value) {
      mask = T::parse(parser, Type());
      if (!mask)
        return failure();
    } else {
      mask = T::get(context);
    }
    return success();
  }

  /// `<@name>`, or `<@name, any_batch, any_head>`, then `(%array : type, …)` if
  /// it reads any.
  ParseResult parsePred(Attribute &mask) {
    StringAttr name;
    if (parser.parseLess() || parser.parseSymbolName(name))
      return failure();
    bool anyBatch = false, anyHead = false;
    while (succeeded(parser.parseOptionalComma())) {
      StringRef word;
      if (parser.parseOptionalKeyword(&word, {"any_batch", "any_head"}))
        return parser.emitError(parser.getCurrentLocation(),
                                "expected any_batch or any_head");
      (word == "any_batch" ? anyBatch : anyHead) = true;
    }
    if (parser.parseGreater())
      return failure();
    SmallVector<unsigned, 2> slots;
    auto parseOne = [&]() -> ParseResult {
      slots.push_back(operands.size());
      return failure(parser.parseOperand(operands.emplace_back()) ||
                     parser.parseColonType(types.emplace_back()));
    };
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::OptionalParen,
                                       parseOne))
      return failure();
    mask = PredMaskAttr::get(parser.getContext(), FlatSymbolRefAttr::get(name),
                             anyBatch, anyHead, slots);
    return success();
  }

  /// `(%list : type)`, or `<bq, bk>(%row_ptr : type, %col : type)`, where a
  /// third number is that of the heads of a list.
  ParseResult parseBlocks(Attribute &mask) {
    int64_t queryBlock = 0, keyBlock = 0, group = 1;
    bool isTensors = succeeded(parser.parseOptionalLess());
    if (isTensors && (parser.parseInteger(queryBlock) || parser.parseComma() ||
                      parser.parseInteger(keyBlock) ||
                      (succeeded(parser.parseOptionalComma()) &&
                       failed(parser.parseInteger(group))) ||
                      parser.parseGreater()))
      return failure();
    SmallVector<unsigned, 2> slots;
    SMLoc loc = parser.getCurrentLocation();
    auto parseOne = [&]() -> ParseResult {
      slots.push_back(operands.size());
      return failure(parser.parseOperand(operands.emplace_back()) ||
                     parser.parseColonType(types.emplace_back()));
    };
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, parseOne))
      return failure();
    if (slots.size() != (isTensors ? 2 : 1))
      return parser.emitError(loc, "mask blocks names ")
             << slots.size() << " operands, expected "
             << (isTensors ? "row_ptr and col" : "a list of blocks");
    if (!isTensors) {
      auto type = dyn_cast<BlocksType>(types[slots.front()]);
      if (!type)
        return parser.emitError(loc, "operand of mask blocks has type ")
               << types[slots.front()]
               << ", expected !attn.blocks<bq, bk>, or tensors after "
                  "blocks<bq, bk>";
      queryBlock = type.getQueryBlock();
      keyBlock = type.getKeyBlock();
      group = type.getGroup();
    }
    mask = BlocksMaskAttr::get(parser.getContext(), queryBlock, keyBlock, group,
                               slots);
    return success();
  }

  /// A number of 64 bits without a sign.
  ParseResult parseSeed(uint64_t &seed) {
    SMLoc loc = parser.getCurrentLocation();
    APInt number;
    OptionalParseResult parsed = parser.parseOptionalInteger(number);
    if (!parsed.has_value())
      return parser.emitError(loc, "expected a seed");
    if (failed(*parsed))
      return failure();
    if (number.isNegative() || number.getActiveBits() > 64)
      return parser.emitError(loc, "seed is ")
             << llvm::toString(number, 10, /*Signed=*/true)
             << ", expected 0 to 2^64 - 1";
    seed = number.getZExtValue();
    return success();
  }

  /// `<r, seed>`, with a mask for `plus_random`, then maybe `within` another;
  /// then maybe `(%limits : type)`.
  template <typename T> ParseResult parseDraw(Attribute &mask, unsigned depth) {
    int64_t count;
    uint64_t seed;
    Attribute base, within;
    if (parser.parseLess() || parser.parseInteger(count) ||
        parser.parseComma() || parseSeed(seed))
      return failure();
    if constexpr (HasMask<T>::value)
      if (parser.parseComma() || parse(base, depth + 1))
        return failure();
    if (succeeded(parser.parseOptionalComma()) &&
        (parser.parseKeyword("within") || parse(within, depth + 1)))
      return failure();
    if (parser.parseGreater())
      return failure();
    SmallVector<unsigned, 1> slots;
    if (succeeded(parser.parseOptionalLParen())) {
      slots.push_back(operands.size());
      if (parser.parseOperand(operands.emplace_back()) ||
          parser.parseColonType(types.emplace_back()) || parser.parseRParen())
        return failure();
    }
    auto candidates = cast_or_null<MaskAttrInterface>(within);
    if constexpr (HasMask<T>::value)
      mask = T::get(parser.getContext(), count, seed,
                    cast<MaskAttrInterface>(base), candidates, slots);
    else
      mask = T::get(parser.getContext(), count, seed, candidates, slots);
    return success();
  }

  ParseResult parseList(AsmParser::Delimiter delimiter,
                        SmallVectorImpl<MaskAttrInterface> &masks,
                        unsigned depth) {
    return parser.parseCommaSeparatedList(delimiter, [&]() -> ParseResult {
      Attribute element;
      if (parse(element, depth + 1))
        return failure();
      masks.push_back(cast<MaskAttrInterface>(element));
      return success();
    });
  }

  OpAsmParser &parser;
  SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands;
  SmallVectorImpl<Type> &types;
};

/// Prints one mask of any kind.
class MaskPrinter {
public:
  MaskPrinter(OpAsmPrinter &printer, ValueRange operands)
      : printer(printer), operands(operands) {}

  void print(Attribute mask) {
    dispatch<
#define GET_ATTRDEF_LIST
#include "attn/IR/AttnAttrs.cpp.inc"
        >(mask);
  }

private:
  template <typename... Attrs> void dispatch(Attribute mask) {
    (tryPrint<Attrs>(mask), ...);
  }

  template <typename T> void tryPrint(Attribute attribute) {
    if constexpr (std::is_base_of_v<MaskAttrInterface::Trait<T>, T>) {
      auto mask = dyn_cast<T>(attribute);
      if (!mask)
        return;
      printer << T::getMnemonic();
      if constexpr (HasSlot<T>::value) {
        // A slot out of range is the verifier's to report; print it plainly.
        if (mask.getSlot() < operands.size())
          printer << '(' << operands[mask.getSlot()] << " : "
                  << operands[mask.getSlot()].getType() << ')';
        else
          printer << '<' << mask.getSlot() << '>';
      } else if constexpr (std::is_same_v<T, PredMaskAttr>) {
        printPred(mask);
      } else if constexpr (std::is_same_v<T, BlocksMaskAttr>) {
        printBlocks(mask);
      } else if constexpr (HasSeed<T>::value) {
        printDraw(mask);
      } else if constexpr (std::is_same_v<T, GridMaskAttr>) {
        printer << "<[";
        llvm::interleaveComma(mask.getExtents(), printer);
        printer << "], ";
        printList("[", mask.getMasks(), "]");
        if (!mask.getBox().empty()) {
          printer << ", box [";
          llvm::interleaveComma(mask.getBox(), printer);
          printer << ']';
        }
        printer << '>';
      } else if constexpr (std::is_same_v<T, PerHeadMaskAttr>) {
        printList("[", mask.getMasks(), "]");
      } else if constexpr (HasMasks<T>::value) {
        printList("(", mask.getMasks(), ")");
      } else if constexpr (std::is_same_v<T, BlockMaskAttr>) {
        printer << '<' << mask.getExtent() << ", ";
        print(mask.getMask());
        printer << '>';
      } else if constexpr (HasMask<T>::value) {
        printer << '(';
        print(mask.getMask());
        printer << ')';
      } else if constexpr (HasParameters<T>::value) {
        mask.print(printer);
      }
    }
  }

  /// Slots out of range are the verifier's to report, and printed plainly.
  bool areInRange(ArrayRef<unsigned> slots) {
    return llvm::all_of(slots,
                        [&](unsigned slot) { return slot < operands.size(); });
  }

  void printSlots(ArrayRef<unsigned> slots) {
    printer << '(';
    llvm::interleaveComma(slots, printer, [&](unsigned slot) {
      printer << operands[slot] << " : " << operands[slot].getType();
    });
    printer << ')';
  }

  void printPred(PredMaskAttr mask) {
    if (!areInRange(mask.getSlots()))
      return mask.print(printer);
    printer << '<' << mask.getPredicate();
    if (mask.getAnyBatch())
      printer << ", any_batch";
    if (mask.getAnyHead())
      printer << ", any_head";
    printer << '>';
    if (!mask.getSlots().empty())
      printSlots(mask.getSlots());
  }

  void printBlocks(BlocksMaskAttr mask) {
    if (!areInRange(mask.getSlots()))
      return mask.print(printer);
    if (!mask.isList()) {
      printer << '<' << mask.getQueryBlock() << ", " << mask.getKeyBlock();
      if (mask.getGroup() != 1)
        printer << ", " << mask.getGroup();
      printer << '>';
    }
    printSlots(mask.getSlots());
  }

  template <typename T> void printDraw(T mask) {
    printer << '<' << mask.getCount() << ", " << mask.getSeed();
    if constexpr (HasMask<T>::value) {
      printer << ", ";
      print(mask.getMask());
    }
    if (mask.getWithin()) {
      printer << ", within ";
      print(mask.getWithin());
    }
    printer << '>';
    // A slot out of range is the verifier's to report.
    for (unsigned slot : mask.getSlots())
      if (slot < operands.size())
        printer << '(' << operands[slot] << " : " << operands[slot].getType()
                << ')';
  }

  void printList(StringRef open, ArrayRef<MaskAttrInterface> masks,
                 StringRef close) {
    printer << open;
    llvm::interleaveComma(masks, printer,
                          [&](MaskAttrInterface inner) { print(inner); });
    printer << close;
  }

  OpAsmPrinter &printer;
  ValueRange operands;
};

} // namespace

ParseResult
attn::parseMask(OpAsmParser &parser, Attribute &mask,
                SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                SmallVectorImpl<Type> &types) {
  return MaskParser(parser, operands, types).parse(mask, 0);
}

void attn::printMask(OpAsmPrinter &printer, Attribute mask,
                     ValueRange operands) {
  MaskPrinter(printer, operands).print(mask);
}

NamedOperands attn::nameOperands(MaskAttrInterface mask, ValueRange operands) {
  llvm::SmallMapVector<unsigned, unsigned, 4> slots;
  NamedOperands named;
  named.mask = cast<MaskAttrInterface>(mask.renumberSlots([&](unsigned slot) {
    return slots.try_emplace(slot, slots.size()).first->second;
  }));
  for (unsigned slot : llvm::make_first_range(slots))
    named.operands.push_back(operands[slot]);
  return named;
}
