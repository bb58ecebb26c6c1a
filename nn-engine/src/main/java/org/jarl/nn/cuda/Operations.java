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
  static List<Launch> launches(Tensor t, Site site) {
    return switch (t.op()) {
      case Op.Input _, Op.Variable _, Op.Constant _, Op.ConstantArray _ -> List.of();
      case Op.Reshape _, Op.StopGradient _ -> List.of();
      case Op.Fused _ -> FusedChains.launches(t, site);
      case Op.Reduce op -> Reductions.fold(t, op, site);
      case Op.ArgMax _ -> Reductions.argMax(t, site);
      case Op.Softmax _ -> Reductions.softmax(t, false, site);
      case Op.LogSoftmax _ -> Reductions.softmax(t, true, site);
      case Op.Permute op -> DataMoves.permute(t, op, site);
      case Op.Broadcast _ -> DataMoves.broadcast(t, site);
      case Op.Slice op -> DataMoves.slice(t, op, site);
      case Op.Pad op -> DataMoves.pad(t, op, site);
      case Op.Concat op -> DataMoves.concat(t, op, site);
      case Op.Pick _ -> DataMoves.pick(t, site);
      case Op.Place _ -> DataMoves.place(t, site);
      case Op.TakeRows _ -> DataMoves.takeRows(t, site);
      case Op.AddRows _ -> DataMoves.addRows(t, site);
      case Op.MaxPool2d op -> Pools.forward(t, op, site);
      case Op.MaxPool2dGradient op -> Pools.gradient(t, op, site);
      case Op.Rows op -> CudaTable.launches(t, op, site);
      case Op.Random op -> RandomNumbers.launches(t, op, site);
      case Op.MatMul _, Op.Linear _ -> Products.launches(t, site);
      case Op.Conv2d _, Op.ConvBias _, Op.Conv2dInputGradient _, Op.Conv2dWeightGradient _ ->
          Convolutions.launches(t, site);
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
  static List<Launch> launches(Graph.Effect effect, Site site, long control) {
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
                site.place(learningRate),
                control,
                site.workspace()));
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
