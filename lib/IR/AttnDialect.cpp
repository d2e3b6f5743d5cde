//===- AttnDialect.cpp - registration of the dialect ----------------------===//
//
// Registers the ops and attributes of the dialect.
//
//===----------------------------------------------------------------------===//

#include "attn/IR/AttnDialect.h"
#include "attn/IR/AttnOps.h"
#include "attn/IR/MaskSyntax.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

#include "attn/IR/AttnAttrInterfaces.cpp.inc"
#include "attn/IR/AttnDialect.cpp.inc"
#include "attn/IR/AttnEnums.cpp.inc"
#include "attn/IR/AttnInterfaces.cpp.inc"

/// Parses one side of a window: a number, or `*` for unbounded.
static ParseResult parseReach(AsmParser &parser, int64_t &reach) {
  if (succeeded(parser.parseOptionalStar())) {
    reach = WindowMaskAttr::kUnbounded;
    return success();
  }
  return parser.parseInteger(reach);
}

static void printReach(AsmPrinter &printer, int64_t reach) {
  if (reach == WindowMaskAttr::kUnbounded)
    printer << '*';
  else
    printer << reach;
}

/// Parses a word of an enumeration: `what` names it, `expected` its words.
template <typename AttrT, typename EnumT>
static ParseResult parseWord(OpAsmParser &parser, AttrT &attribute,
                             std::optional<EnumT> (*symbolize)(StringRef),
                             StringRef what, StringRef expected) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<EnumT> value = symbolize(word);
  if (!value)
    return parser.emitError(loc, "unknown ")
           << what << " '" << word << "', expected " << expected;
  attribute = AttrT::get(parser.getContext(), *value);
  return success();
}

/// Which elements a rotation pairs.
static ParseResult parseRopeLayout(OpAsmParser &parser,
                                   RopeLayoutAttr &layout) {
  return parseWord(parser, layout, symbolizeRopeLayout, "layout",
                   "half or interleaved");
}

static void printRopeLayout(OpAsmPrinter &printer, Operation *,
                            RopeLayoutAttr layout) {
  printer << stringifyRopeLayout(layout.getValue());
}

/// Which side of the product features are for.
static ParseResult parseFeatureRole(OpAsmParser &parser,
                                    FeatureRoleAttr &role) {
  return parseWord(parser, role, symbolizeFeatureRole, "role", "query or key");
}

static void printFeatureRole(OpAsmPrinter &printer, Operation *,
                             FeatureRoleAttr role) {
  printer << stringifyFeatureRole(role.getValue());
}

/// How a pseudo-inverse is found.
static ParseResult parseSolver(OpAsmParser &parser, SolverAttr &solver) {
  return parseWord(parser, solver, symbolizeSolver, "solver",
                   "lu, or iters(n) in its place");
}

static void printSolver(OpAsmPrinter &printer, Operation *, SolverAttr solver) {
  printer << stringifySolver(solver.getValue());
}

/// Parses a mask that names its operands in place.
static ParseResult
parseMaskWithOperands(OpAsmParser &parser, MaskAttrInterface &mask,
                      SmallVectorImpl<OpAsmParser::UnresolvedOperand> &operands,
                      SmallVectorImpl<Type> &types) {
  Attribute parsed;
  if (parseMask(parser, parsed, operands, types))
    return failure();
  mask = cast<MaskAttrInterface>(parsed);
  return success();
}

static void printMaskWithOperands(OpAsmPrinter &printer, Operation *,
                                  MaskAttrInterface mask, OperandRange operands,
                                  TypeRange) {
  printMask(printer, mask, operands);
}

/// The type of out, or those of out and the state in parentheses.
static ParseResult parseLinearResults(OpAsmParser &parser, Type &out,
                                      Type &state) {
  if (failed(parser.parseOptionalLParen()))
    return parser.parseType(out);
  if (parser.parseType(out))
    return failure();
  if (succeeded(parser.parseOptionalComma()) && parser.parseType(state))
    return failure();
  return parser.parseRParen();
}

static void printLinearResults(OpAsmPrinter &printer, Operation *, Type out,
                               Type state) {
  if (!state) {
    printer << out;
    return;
  }
  printer << '(' << out << ", " << state << ')';
}

#define GET_TYPEDEF_CLASSES
#include "attn/IR/AttnTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "attn/IR/AttnAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "attn/IR/AttnOps.cpp.inc"

void AttnDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "attn/IR/AttnTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "attn/IR/AttnAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "attn/IR/AttnOps.cpp.inc"
      >();
}

ScheduleAttr ScheduleAttr::withHeads(int64_t heads) const {
  return get(getContext(), getQueryBlock(), getKeyBlock(), getPanel(),
             getRows(), getForm(), getSplit(), heads, getColumns(), getShared(),
             getAhead(), getBox());
}

ScheduleAttr ScheduleAttr::withColumns(int64_t columns, int64_t shared) const {
  return get(getContext(), getQueryBlock(), getKeyBlock(), getPanel(),
             getRows(), getForm(), getSplit(), getHeads(), columns, shared,
             getAhead(), getBox());
}

ScheduleAttr ScheduleAttr::withBox(ArrayRef<int64_t> box) const {
  return get(getContext(), getQueryBlock(), getKeyBlock(), getPanel(),
             getRows(), getForm(), getSplit(), getHeads(), getColumns(),
             getShared(), getAhead(), box);
}

ScheduleAttr ScheduleAttr::withAhead(int64_t ahead) const {
  return get(getContext(), getQueryBlock(), getKeyBlock(), getPanel(),
             getRows(), getForm(), getSplit(), getHeads(), getColumns(),
             getShared(), ahead, getBox());
}

LogicalResult
ScheduleAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     int64_t queryBlock, int64_t keyBlock, int64_t panel,
                     int64_t rows, Form form, int64_t split, int64_t heads,
                     int64_t columns, int64_t shared, int64_t ahead,
                     ArrayRef<int64_t> box) {
  if (queryBlock <= 0 || keyBlock <= 0 || panel <= 0 || rows <= 0)
    return emitError() << "query_block " << queryBlock << ", key_block "
                       << keyBlock << ", panel " << panel << " and rows "
                       << rows << " must all be positive";
  if (queryBlock % panel != 0)
    return emitError() << "query_block " << queryBlock
                       << " must be a multiple of panel " << panel;
  if (split < 0 || split % keyBlock != 0)
    return emitError() << "split " << split
                       << " must be 0 or a multiple of key_block " << keyBlock;
  // Two by two tiles of 16, and a product takes keys 32 at a time.
  if (form == Form::AMX &&
      ((panel != 16 && panel != 32) || rows != 32 || keyBlock % rows != 0))
    return emitError() << "form amx has panel " << panel << ", rows " << rows
                       << " and key_block " << keyBlock
                       << ", expected panel 16 or 32, rows 32 and a multiple "
                          "of 32";
  if ((form == Form::Chunk || form == Form::Recurrent) &&
      queryBlock != keyBlock)
    return emitError() << "form " << stringifyForm(form) << " has query_block "
                       << queryBlock << " and key_block " << keyBlock
                       << ", expected them to be equal";
  if (heads < 1 || heads > queryBlock)
    return emitError() << "heads " << heads << " must be from 1 to query_block "
                       << queryBlock;
  if (heads > 1 && (form == Form::Chunk || form == Form::Recurrent))
    return emitError() << "form " << stringifyForm(form) << " has heads "
                       << heads
                       << ", which only forms row, transposed and amx fold";
  if (columns < 0 || columns % panel != 0 || shared < 0)
    return emitError() << "columns " << columns << " and shared " << shared
                       << " must be at least 0, columns a multiple of panel "
                       << panel;
  if (columns > 0 && form != Form::Chunk)
    return emitError() << "form " << stringifyForm(form) << " has columns "
                       << columns << ", which only states of form chunk have";
  if (ahead < 0)
    return emitError() << "ahead " << ahead << " must be at least 0";
  if (ahead != kDefaultAhead && form != Form::Row)
    return emitError() << "form " << stringifyForm(form) << " has ahead "
                       << ahead << ", which only form row obeys";
  int64_t points = 1;
  for (int64_t extent : box) {
    if (extent < 1 || extent > queryBlock / points)
      return emitError() << "box has an extent of " << extent << " next to "
                         << points << " points, expected extents from 1 on "
                         << "with a product of at most query_block "
                         << queryBlock;
    points *= extent;
  }
  if (!box.empty() && ((form != Form::Transposed && form != Form::AMX) ||
                       split != 0 || heads != 1))
    return emitError() << "box goes with form " << stringifyForm(form)
                       << ", split " << split << " and heads " << heads
                       << ", expected form transposed or amx, split 0 and "
                          "heads 1";
  return success();
}
