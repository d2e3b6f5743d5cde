//===- AttnCPUOutlineGrid.cpp - grids on the runtime's threads ------------===//
//
// Moves the body of each parallel grid into a function over a range of cells
// and calls it through the runtime. Buffers of a cell are allocated once a
// range, so a thread pays for them once a launch, not once a cell.
//
//===----------------------------------------------------------------------===//

#include "attn/CPU/Passes.h"
#include "attn/IR/AttnOps.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNCPUOUTLINEGRID
#include "attn/CPU/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Declares a function of the runtime once.
func::FuncOp declare(ModuleOp module, StringRef name, FunctionType type) {
  if (auto found = module.lookupSymbol<func::FuncOp>(name))
    return found;
  OpBuilder builder(module.getBodyRegion());
  auto function = func::FuncOp::create(builder, module.getLoc(), name, type);
  function.setPrivate();
  return function;
}

Value castTo(OpBuilder &builder, Location loc, Type type, Value value) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(builder, loc, type, value)
      .getResult(0);
}

/// Outlines one grid.
class Outliner {
public:
  Outliner(ModuleOp module, scf::ForallOp grid, unsigned number)
      : module(module), grid(grid), loc(grid.getLoc()),
        converter(module.getContext()), number(number) {}

  void run() {
    collectCaptures();
    SmallVector<Type> fields;
    for (Value capture : captures)
      fields.push_back(converter.convertType(capture.getType()));
    contextType = LLVM::LLVMStructType::getLiteral(module.getContext(), fields);
    func::FuncOp task = buildTask();
    buildCall(task);
    grid.erase();
  }

private:
  /// What the body uses from outside; constants are rebuilt inside instead.
  void collectCaptures() {
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(grid.getRegion(), used);
    for (Value bound : grid.getDynamicUpperBound())
      used.insert(bound);
    for (Value value : used) {
      if (Operation *def = value.getDefiningOp();
          def && def->hasTrait<OpTrait::ConstantLike>())
        constants.push_back(def);
      else
        captures.push_back(value);
    }
  }

  func::FuncOp buildTask() {
    OpBuilder builder(module.getContext());
    auto kernel = grid->getParentOfType<func::FuncOp>();
    builder.setInsertionPointAfter(kernel);
    Type pointer = LLVM::LLVMPointerType::get(module.getContext());
    Type i64 = builder.getI64Type();
    std::string name =
        (kernel.getName() + ".grid" + std::to_string(number)).str();
    auto task = func::FuncOp::create(
        builder, loc, name, builder.getFunctionType({pointer, i64, i64}, {}));
    task.setPrivate();
    Block *entry = task.addEntryBlock();
    builder.setInsertionPointToStart(entry);

    IRMapping mapping;
    for (Operation *constant : constants)
      builder.clone(*constant, mapping);
    Value context =
        LLVM::LoadOp::create(builder, loc, contextType, entry->getArgument(0));
    for (auto [place, capture] : llvm::enumerate(captures)) {
      Value field = LLVM::ExtractValueOp::create(builder, loc, context, place);
      mapping.map(capture, castTo(builder, loc, capture.getType(), field));
    }
    SmallVector<Value> buffers = buildBuffers(builder, mapping);
    Value begin = arith::IndexCastOp::create(
        builder, loc, builder.getIndexType(), entry->getArgument(1));
    Value end = arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                           entry->getArgument(2));
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    scf::ForOp::create(builder, loc, begin, end, one, ValueRange(),
                       [&](OpBuilder &body, Location, Value cell, ValueRange) {
                         buildCell(body, mapping, cell);
                         scf::YieldOp::create(body, loc);
                       });
    for (Value buffer : buffers)
      memref::DeallocOp::create(builder, loc, buffer);
    func::ReturnOp::create(builder, loc);
    return task;
  }

  /// The cell's buffers, allocated before the loop over cells. Sizes that the
  /// cell computes from captures are computed here as well.
  SmallVector<Value> buildBuffers(OpBuilder &builder, IRMapping &mapping) {
    SmallVector<Value> buffers;
    for (Operation &op : *grid.getBody()) {
      bool invariant = llvm::all_of(op.getOperands(), [&](Value operand) {
        return mapping.contains(operand);
      });
      bool isBuffer = isa<memref::AllocOp>(op);
      if (!invariant || !(isBuffer || isMemoryEffectFree(&op)) ||
          op.getNumRegions() != 0)
        continue;
      Operation *clone = builder.clone(op, mapping);
      hoisted.insert(&op);
      if (isBuffer)
        buffers.push_back(clone->getResult(0));
    }
    return buffers;
  }

  /// The body of cell number `cell`, with the last dimension running fastest.
  void buildCell(OpBuilder &builder, IRMapping &mapping, Value cell) {
    SmallVector<OpFoldResult> bounds = grid.getMixedUpperBound();
    SmallVector<Value> place(bounds.size());
    for (int64_t dim = bounds.size() - 1; dim > 0; --dim) {
      Value bound = buildBound(builder, mapping, bounds[dim]);
      place[dim] = arith::RemUIOp::create(builder, loc, cell, bound);
      cell = arith::DivUIOp::create(builder, loc, cell, bound);
    }
    place[0] = cell;
    mapping.map(grid.getInductionVars(), place);
    for (Operation &op : grid.getBody()->without_terminator())
      if (!hoisted.contains(&op))
        builder.clone(op, mapping);
  }

  Value buildBound(OpBuilder &builder, IRMapping &mapping, OpFoldResult bound) {
    if (auto value = dyn_cast<Value>(bound))
      return mapping.lookupOrDefault(value);
    return arith::ConstantIndexOp::create(builder, loc,
                                          *getConstantIntValue(bound));
  }

  void buildCall(func::FuncOp task) {
    OpBuilder builder(grid);
    Type pointer = LLVM::LLVMPointerType::get(module.getContext());
    Type i64 = builder.getI64Type();
    IRMapping identity;
    Value count = arith::ConstantIndexOp::create(builder, loc, 1);
    for (OpFoldResult bound : grid.getMixedUpperBound())
      count = arith::MulIOp::create(builder, loc, count,
                                    buildBound(builder, identity, bound));
    count = arith::IndexCastOp::create(builder, loc, i64, count);

    Value context = LLVM::UndefOp::create(builder, loc, contextType);
    for (auto [place, capture] : llvm::enumerate(captures)) {
      Value field = castTo(builder, loc, contextType.getBody()[place], capture);
      context =
          LLVM::InsertValueOp::create(builder, loc, context, field, place);
    }
    Value one = LLVM::ConstantOp::create(builder, loc, i64, 1);
    Value place =
        LLVM::AllocaOp::create(builder, loc, pointer, contextType, one);
    LLVM::StoreOp::create(builder, loc, context, place);
    Value address = func::ConstantOp::create(
        builder, loc, task.getFunctionType(), SymbolRefAttr::get(task));
    func::FuncOp launch =
        declare(module, "attn_rt_parallel_for",
                builder.getFunctionType({i64, pointer, pointer}, {}));
    func::CallOp::create(
        builder, loc, launch,
        ValueRange{count, castTo(builder, loc, pointer, address), place});
  }

  ModuleOp module;
  scf::ForallOp grid;
  Location loc;
  LLVMTypeConverter converter;
  unsigned number;
  SmallVector<Value> captures;
  SmallVector<Operation *> constants;
  llvm::SmallPtrSet<Operation *, 16> hoisted;
  LLVM::LLVMStructType contextType;
};

/// Frees each buffer at the end of the block that allocates it.
LogicalResult placeDeallocations(func::FuncOp function) {
  WalkResult result = function.walk([&](memref::AllocOp alloc) {
    Operation *end = alloc->getBlock()->getTerminator();
    for (Operation *user : alloc->getUsers()) {
      if (user == end) {
        alloc.emitOpError() << "leaves its block, expected buffers to stay "
                               "where they are allocated";
        return WalkResult::interrupt();
      }
    }
    if (llvm::none_of(alloc->getUsers(), [](Operation *user) {
          return isa<memref::DeallocOp>(user);
        })) {
      OpBuilder builder(end);
      memref::DeallocOp::create(builder, alloc.getLoc(), alloc);
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

struct AttnCPUOutlineGrid
    : attn::impl::AttnCPUOutlineGridBase<AttnCPUOutlineGrid> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<std::pair<scf::ForallOp, unsigned>> grids;
    for (auto function : module.getOps<func::FuncOp>()) {
      unsigned number = 0;
      function.walk<WalkOrder::PreOrder>([&](scf::ForallOp grid) {
        grids.emplace_back(grid, number++);
        return WalkResult::skip();
      });
    }
    for (auto [grid, number] : grids)
      Outliner(module, grid, number).run();
    SmallVector<RecordTilesOp> records;
    module.walk([&](RecordTilesOp op) { records.push_back(op); });
    for (RecordTilesOp op : records)
      lowerRecord(module, op);
    SmallVector<Operation *> sizes;
    module.walk([&](Operation *op) {
      if (isa<CellRowsOp, CellColumnsOp>(op))
        sizes.push_back(op);
    });
    for (Operation *op : sizes)
      if (auto rows = dyn_cast<CellRowsOp>(op))
        lowerCellSize(module, op, "attn_rt_cell_rows",
                      {rows.getMost(), rows.getLeast()});
      else if (auto columns = dyn_cast<CellColumnsOp>(op))
        lowerCellSize(
            module, op, "attn_rt_cell_columns",
            {columns.getWidth(), columns.getLeast(), columns.getShared()});
    for (auto function : module.getOps<func::FuncOp>())
      if (failed(placeDeallocations(function)))
        return signalPassFailure();
  }

  /// How large cells are is the answer of function `name` of the runtime to the
  /// operands of `op` and `numbers`.
  static void lowerCellSize(ModuleOp module, Operation *op, StringRef name,
                            ArrayRef<uint64_t> numbers) {
    OpBuilder builder(op);
    Location loc = op->getLoc();
    Type i64 = builder.getI64Type();
    SmallVector<Value> arguments;
    for (Value extent : op->getOperands())
      arguments.push_back(
          arith::IndexCastOp::create(builder, loc, i64, extent));
    for (uint64_t number : numbers)
      arguments.push_back(arith::ConstantOp::create(
          builder, loc, builder.getI64IntegerAttr(number)));
    SmallVector<Type> types(arguments.size(), i64);
    func::FuncOp choose =
        declare(module, name, builder.getFunctionType(types, i64));
    auto call = func::CallOp::create(builder, loc, choose, arguments);
    Value size = arith::IndexCastOp::create(
        builder, loc, builder.getIndexType(), call.getResult(0));
    op->replaceAllUsesWith(ValueRange{size});
    op->erase();
  }

  static void lowerRecord(ModuleOp module, RecordTilesOp op) {
    OpBuilder builder(op);
    Type i64 = builder.getI64Type();
    func::FuncOp record = declare(module, "attn_rt_record_tiles",
                                  builder.getFunctionType({i64, i64, i64}, {}));
    SmallVector<Value> counts;
    for (Value count : op->getOperands())
      counts.push_back(
          arith::IndexCastOp::create(builder, op.getLoc(), i64, count));
    func::CallOp::create(builder, op.getLoc(), record, counts);
    op.erase();
  }
};

} // namespace
