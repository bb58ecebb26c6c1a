package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Precision;
import org.jarl.nn.Tensor;

/// Which kernels compute which operation.
final class Operations {
  private Operations() {}

  /// Bytes that an operation needs beside its result.
  static long workspace(Tensor t, Precision precision) {
    return switch (t.op()) {
      case Op.Reduce _ -> Reductions.workspace(t);
      case Op.MatMul _, Op.Linear _ -> Products.workspace(t, precision);
      case Op.Conv2d _, Op.ConvBias _, Op.Conv2dInputGradient _, Op.Conv2dWeightGradient _ ->
          Convolutions.workspace(t, precision);
      default -> 0;
    };
  }

  /// The launches that compute a tensor, to be run one after the other.
  static List<Launch> launches(Tensor t, Placement placement) {
    return switch (t.op()) {
      case Op.Input _, Op.Variable _, Op.Constant _, Op.ConstantArray _ -> List.of();
      case Op.Reshape _, Op.StopGradient _ -> List.of();
      case Op.Fused _ -> FusedChains.launches(t, placement);
      case Op.Reduce op -> Reductions.fold(t, op, placement);
      case Op.ArgMax _ -> Reductions.argMax(t, placement);
      case Op.Softmax _ -> Reductions.softmax(t, false, placement);
      case Op.LogSoftmax _ -> Reductions.softmax(t, true, placement);
      case Op.Permute op -> DataMoves.permute(t, op, placement);
      case Op.Broadcast _ -> DataMoves.broadcast(t, placement);
      case Op.Slice op -> DataMoves.slice(t, op, placement);
      case Op.Pad op -> DataMoves.pad(t, op, placement);
      case Op.Concat op -> DataMoves.concat(t, op, placement);
      case Op.Gather _ -> DataMoves.gather(t, placement);
      case Op.Scatter _ -> DataMoves.scatter(t, placement);
      case Op.IndexSelect _ -> DataMoves.indexSelect(t, placement);
      case Op.IndexAdd _ -> DataMoves.indexAdd(t, placement);
      case Op.MaxPool2d op -> Pools.forward(t, op, placement);
      case Op.MaxPool2dGradient op -> Pools.gradient(t, op, placement);
      case Op.Rows op -> CudaTable.launches(t, op, placement);
      case Op.Random op -> RandomNumbers.launches(t, op, placement);
      case Op.MatMul _, Op.Linear _ -> Products.launches(t, placement);
      case Op.Conv2d _, Op.ConvBias _, Op.Conv2dInputGradient _, Op.Conv2dWeightGradient _ ->
          Convolutions.launches(t, placement);
      case Op.Unary _, Op.Binary _, Op.Select _, Op.ToF32 _ ->
          throw new IllegalStateException("element-wise operations must be fused: " + t);
    };
  }

  /// Bytes that an effect needs while it lasts.
  static long workspace(Graph.Effect effect) {
    return switch (effect) {
      case Graph.Effect.Optimize(var optimizer, _, _) -> OptimizerSteps.workspace(optimizer);
      case Graph.Effect.Blend _ -> 0;
    };
  }

  /// The launches of an effect, to be run one after the other.
  ///
  /// @param control address of the run's state, or 0 where nothing can stop it; see gpu.cuh
  static List<Launch> launches(Graph.Effect effect, Placement placement, long control) {
    return switch (effect) {
      case Graph.Effect.Optimize(var optimizer, _, Tensor learningRate) -> {
        CudaStorage parameters = CudaStorage.of(optimizer.parameters());
        yield OptimizerSteps.launches(
            optimizer,
            new OptimizerSteps.Arenas(
                parameters.address(),
                parameters.gradients(),
                optimizer.moments().stream().map(v -> CudaStorage.of(v).address()).toList(),
                CudaStorage.of(optimizer.steps()).address(),
                placement.place(learningRate),
                control,
                placement.workspace()));
      }
      case Graph.Effect.Blend(var source, var target, float rate) ->
          OptimizerSteps.blend(
              CudaStorage.of(source).address(),
              CudaStorage.of(target).address(),
              source.elements(),
              rate,
              control);
    };
  }

  /// Copies a tensor's memory.
  static Launch copy(long from, long to, long bytes) {
    return new Launch("copy_bytes", 256)
        .grid(Math.clamp(bytes / 4096, 1, 1024))
        .pointer(from)
        .pointer(to)
        .word(bytes);
  }
}
