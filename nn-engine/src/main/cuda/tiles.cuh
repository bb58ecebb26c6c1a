// One tile of a matrix product: the core of all products and convolutions.
//
// A block of 128 threads computes ROWS x COLUMNS sums, DEPTH products at a time. What comes next is
// on its way to shared memory (copied by the hardware, or through registers where it must be
// converted or does not lie in fours) while the present part is multiplied.
//
// In shared memory lie, for tensor cores, the operands as they came in, in chunks of four numbers;
// chunks are exchanged within a line so that neither the stores nor the loads of a warp meet in a
// bank. For FP32 the inner axis is always the slow one, so that rows and columns load in fours.
#pragma once
#include "operands.cuh"

enum { FP32, TF32, BF16 };

template <int ROWS_, int COLUMNS_, int DEPTH_, int WARPS_DOWN_, int WARPS_BESIDE_>
struct Tile {
  static constexpr int ROWS = ROWS_, COLUMNS = COLUMNS_, DEPTH = DEPTH_;
  static constexpr int WARPS_DOWN = WARPS_DOWN_, WARPS_BESIDE = WARPS_BESIDE_, THREADS = 128;
  static_assert(WARPS_DOWN * WARPS_BESIDE * 32 == THREADS, "a tile is four warps'");
};
using Small = Tile<32, 32, 32, 2, 2>;
using Large = Tile<64, 64, 16, 2, 2>;
using Tall = Tile<128, 32, 16, 4, 1>;
using Huge = Tile<128, 64, 16, 2, 2>;  // on tensor cores alone

// Parts of the inner axis that lie in shared memory.
template <int P, class T>
DEV constexpr int stages() { return P == FP32 ? 2 : T::ROWS * T::COLUMNS > 4096 ? 3 : 4; }
// Blocks that a multiprocessor should hold, which limits their registers.
template <int P, class T>
DEV constexpr int blocks() { return P == FP32 || T::ROWS * T::COLUMNS > 4096 ? 3 : 4; }
// Numbers of an operand with so many rows or columns in one stage.
template <int P>
DEV constexpr int spots(int lines, int depth) { return (P == FP32 ? lines + 4 : lines) * depth; }
template <int P, class T>
DEV constexpr int stage_floats() {
  return spots<P>(T::ROWS, T::DEPTH) + spots<P>(T::COLUMNS, T::DEPTH);
}

// Where the number of row (or column) `line` at inner place `k` lies in its stage.
template <int P, int LINES, int DEPTH, bool ALONG>
DEV int spot(int line, int k) {
  if (P == FP32) return k * (LINES + 4) + line;
  if (!ALONG) return k * LINES + (((line >> 2) ^ (k & 6)) << 2) + (line & 3);
  int exchanged = DEPTH == 16 ? line & 2 : (line & 3) << 1;
  return line * DEPTH + (((k >> 2) ^ exchanged) << 2) + (k & 3);
}

// Brings one operand of a tile to shared memory; each thread has chunks of four.
template <int P, int LINES, class T, class Source>
struct Feed {
  static constexpr bool ALONG = Source::ALONG, COPIED = Source::COPIED && P != FP32;
  static constexpr int CHUNKS = (ALONG ? T::DEPTH : LINES) / 4;
  static constexpr int STEP = T::THREADS / CHUNKS;
  static constexpr int PASSES = (ALONG ? LINES : T::DEPTH) / STEP;
  static_assert(STEP * CHUNKS == T::THREADS && PASSES >= 1, "chunks are dealt out evenly");

  using Element = typename Source::Element;
  // Lines of this thread, which are rows of the operand, or its four columns again and again.
  static constexpr bool AHEAD = ALONG || decltype(Source::inner)::AHEAD;

  const Source& source;
  int chunk, line, first, size, end, spot_of_first;
  typename Source::Line lines[PASSES];
  Place moving[ALONG ? 1 : PASSES];  // along the inner axis, where loaded a step ahead
  typename Source::Held held[PASSES];

  // `end` of the part of the inner axis that is summed. Lines that there are not are taken to be
  // the last one: what comes of them goes nowhere.
  MEMBER Feed(const Source& operand, int first_line, int count, int from, int to)
      : source(operand), first(first_line), size(count), end(to), moving{} {
    chunk = static_cast<int>(threadIdx.x) % CHUNKS * 4;
    line = static_cast<int>(threadIdx.x) / CHUNKS;
    spot_of_first = place(0);
    UNROLL for (int p = 0; p < PASSES; p++) {
      int at = first + (ALONG ? line + p * STEP : chunk);
      lines[p] = source.line(source.across.at(min(at, ALONG ? size - 1 : max(size - 4, 0))));
    }
    if (AHEAD) advance(from);
  }

  MEMBER int inner(int k, int pass) const { return k + (ALONG ? chunk : line + pass * STEP); }

  MEMBER void advance(int k) {
    UNROLL for (int p = 0; p < (ALONG ? 1 : PASSES); p++)
      if (inner(k, p) < end) moving[p] = source.inner.at(inner(k, p));
  }

  MEMBER int place(int pass) const {
    int other = line + pass * STEP;
    return ALONG ? spot<P, LINES, T::DEPTH, true>(other, chunk)
                 : spot<P, LINES, T::DEPTH, false>(chunk, other);
  }

  // The same, where lines `STEP` apart are exchanged alike.
  MEMBER int place_from_first(int pass) const {
    constexpr bool ALIKE = P == FP32 || STEP % (ALONG ? 4 : 8) == 0;
    constexpr int APART = P == FP32 ? (ALONG ? 1 : LINES + 4) : (ALONG ? T::DEPTH : LINES);
    return ALIKE ? spot_of_first + pass * STEP * APART : place(pass);
  }

  // Starts to bring inner places `k` to `k + DEPTH`, called for each part in order.
  MEMBER void fetch(float* stage, int k) {
    if (!source.vector) {
      gather(stage, k);
      return;
    }
    UNROLL for (int p = 0; p < PASSES; p++) {
      const Element* at = source.data;
      bool wanted = inner(k, p) < end;
      if (wanted || Source::COPIED) {  // where f32 would lie may be asked beyond the end
        Place other = AHEAD ? moving[ALONG ? 0 : p] : source.inner.at(inner(k, p));
        wanted &= source.follow(lines[p], other, at);
      }
      if constexpr (COPIED)
        copy_16(stage + place_from_first(p), at, wanted);
      else
        held[p] = Source::load(at, wanted);
    }
    if (AHEAD) advance(k + T::DEPTH);
  }

  // One by one, to the end.
  MEMBER void gather(float* stage, int k) {
    ROLLED for (int p = 0; p < PASSES; p++) {
      int other = line + p * STEP;
      float four[4];
      UNROLL for (int e = 0; e < 4; e++) {
        int across = first + (ALONG ? other : chunk + e);
        int each = k + (ALONG ? chunk + e : other);
        four[e] = 0;
        if (across < size && each < end) {
          Place a = source.across.at(across);
          const Element* at = source.data + a.offset;
          if (source.reach(at, a, source.inner.at(each))) four[e] = Source::one(at);
        }
      }
      store(stage, p, four);
    }
  }

  MEMBER void store(float* stage, int pass, const float* four) {
    if (P == FP32 && ALONG) {
      UNROLL for (int e = 0; e < 4; e++)
        stage[spot<P, LINES, T::DEPTH, true>(line + pass * STEP, chunk + e)] = four[e];
    } else {
      *reinterpret_cast<float4*>(stage + place(pass)) =
          make_float4(four[0], four[1], four[2], four[3]);
    }
  }

  // Stores what fetch holds in registers.
  MEMBER void put(float* stage) {
    if constexpr (!COPIED) {
      if (!source.vector) return;
      UNROLL for (int p = 0; p < PASSES; p++) {
        float4 numbers = Source::numbers(held[p]);
        float four[4] = {numbers.x, numbers.y, numbers.z, numbers.w};
        store(stage, p, four);
      }
    }
  }
};

// Where sums go: scaled, with a bias and ReLU where wanted. `Rows` says where a row begins.
template <class Rows>
struct Result {
  float* to;
  const float* bias;  // or null
  Rows rows;
  int height, width;
  float scale;
  bool relu;
};

// Brings the sums of a tile, in shared memory with this pitch, to where they go.
template <class T, class R>
DEV void store_tile(const float* sums, int pitch, const R& result, int first_row, int first_column) {
  constexpr int CHUNKS = T::COLUMNS / 4;
  int chunk = static_cast<int>(threadIdx.x) % CHUNKS * 4;
  int column = first_column + chunk, columns = min(4, result.width - column);
  float bias[4];
  UNROLL for (int e = 0; e < 4; e++)
    bias[e] = result.bias && e < columns ? __ldg(result.bias + column + e) : 0.f;
  bool vector = result.width % 4 == 0 && columns > 0;
  UNROLL_2 for (int line = threadIdx.x / CHUNKS; line < T::ROWS; line += T::THREADS / CHUNKS) {
    int row = first_row + line;
    if (row >= result.height) break;
    float4 four = *reinterpret_cast<const float4*>(sums + line * pitch + chunk);
    float values[4] = {four.x, four.y, four.z, four.w};
    UNROLL for (int e = 0; e < 4; e++) {
      float value = values[e] * result.scale + bias[e];
      values[e] = result.relu && value < 0 ? 0.f : value;  // what is not a number stays so
    }
    float* at = result.to + result.rows.start(row) + column;
    if (vector) {
      *reinterpret_cast<float4*>(at) = make_float4(values[0], values[1], values[2], values[3]);
    } else {
      UNROLL for (int e = 0; e < 4; e++)
        if (e < columns) at[e] = values[e];
    }
  }
}

// Rows one after another.
struct RowsInOrder {
  int width;
  MEMBER int start(int row) const { return row * width; }
};

// An f32 whose upper 19 bits, all that tensor cores read of it, are the nearest tf32, ties away from
// zero: to_tf32 in fewer instructions. The larger one is the sum but where it runs over into the
// sign, which is where there is no number (7fffffff): that stays so.
DEV uint32_t rounded_tf32(float value) {
  unsigned bits = __float_as_uint(value);
  return static_cast<uint32_t>(max(static_cast<int>(bits + 0x1000u), static_cast<int>(bits)));
}

// The sums of a thread, by tensor cores. The inner places of a fragment are exchanged, in both
// operands alike, so that a lane reads neighbours.
template <int P, class T>
struct Sums {
  static constexpr int HEIGHT = T::ROWS / T::WARPS_DOWN, WIDTH = T::COLUMNS / T::WARPS_BESIDE;
  static constexpr int DOWN = HEIGHT / 16, BESIDE = WIDTH / 8, INNER = P == BF16 ? 16 : 8;
  float sums[DOWN][BESIDE][4];

  MEMBER void clear() {
    UNROLL for (int i = 0; i < DOWN; i++)
      UNROLL for (int j = 0; j < BESIDE; j++)
        UNROLL for (int e = 0; e < 4; e++) sums[i][j][e] = 0;
  }

  MEMBER static int row() { return (threadIdx.x / 32) / T::WARPS_BESIDE * HEIGHT; }
  MEMBER static int column() { return (threadIdx.x / 32) % T::WARPS_BESIDE * WIDTH; }

  template <int LINES, bool ALONG>
  MEMBER static float2 pair(const float* stage, int line, int k) {
    if (ALONG)
      return *reinterpret_cast<const float2*>(stage + spot<P, LINES, T::DEPTH, true>(line, k));
    return {stage[spot<P, LINES, T::DEPTH, false>(line, k)],
            stage[spot<P, LINES, T::DEPTH, false>(line, k + 1)]};
  }

  // What a lane holds of one line of a fragment.
  template <int LINES, bool ALONG, bool EXACT>
  MEMBER static void load(const float* stage, int line, int k, uint32_t& low, uint32_t& high) {
    float2 first = pair<LINES, ALONG>(stage, line, k);
    if (P == TF32) {
      low = EXACT ? __float_as_uint(first.x) : rounded_tf32(first.x);
      high = EXACT ? __float_as_uint(first.y) : rounded_tf32(first.y);
    } else {
      float2 second = pair<LINES, ALONG>(stage, line, k + 8);
      low = to_bf16x2(first.x, first.y);
      high = to_bf16x2(second.x, second.y);
    }
  }

  template <class A, class B>
  MEMBER void multiply(const float* a, const float* b) {
    int lane = threadIdx.x % 32, group = lane >> 2, in_group = lane & 3;
    UNROLL for (int k = 0; k < T::DEPTH; k += INNER) {
      uint32_t left[DOWN][4], right[BESIDE][2];
      UNROLL for (int i = 0; i < DOWN; i++) {
        int line = row() + i * 16 + group;
        load<T::ROWS, A::ALONG, A::EXACT>(a, line, k + 2 * in_group, left[i][0], left[i][2]);
        load<T::ROWS, A::ALONG, A::EXACT>(a, line + 8, k + 2 * in_group, left[i][1], left[i][3]);
      }
      UNROLL for (int j = 0; j < BESIDE; j++)
        load<T::COLUMNS, B::ALONG, B::EXACT>(b, column() + j * 8 + group, k + 2 * in_group, right[j][0],
                                  right[j][1]);
      UNROLL for (int i = 0; i < DOWN; i++)
        UNROLL for (int j = 0; j < BESIDE; j++) {
          if (P == TF32)
            mma_tf32(sums[i][j], left[i], right[j]);
          else
            mma_bf16(sums[i][j], left[i], right[j]);
        }
    }
  }

  MEMBER void lay(float* shared, int pitch) const {
    int lane = threadIdx.x % 32;
    UNROLL for (int i = 0; i < DOWN; i++)
      UNROLL for (int j = 0; j < BESIDE; j++) {
        float* at = shared + (row() + i * 16 + (lane >> 2)) * pitch + column() + j * 8 + (lane & 3) * 2;
        *reinterpret_cast<float2*>(at) = {sums[i][j][0], sums[i][j][1]};
        *reinterpret_cast<float2*>(at + 8 * pitch) = {sums[i][j][2], sums[i][j][3]};
      }
  }
};

// The sums of a thread, one product at a time: fours of rows by two or four columns.
template <class T>
struct Sums<FP32, T> {
  static constexpr int EACH = T::ROWS * T::COLUMNS / T::THREADS;
  static constexpr int DOWN = EACH == 32 ? 8 : 4, BESIDE = EACH / DOWN;
  static constexpr int THREADS_BESIDE = T::COLUMNS / BESIDE, APART = T::ROWS / (DOWN / 4);
  static_assert(BESIDE == 2 || BESIDE == 4, "columns load in twos or fours");
  float sums[DOWN][BESIDE];

  MEMBER void clear() {
    UNROLL for (int i = 0; i < DOWN; i++)
      UNROLL for (int j = 0; j < BESIDE; j++) sums[i][j] = 0;
  }

  MEMBER static int row() { return threadIdx.x / THREADS_BESIDE * 4; }
  MEMBER static int column() { return threadIdx.x % THREADS_BESIDE * BESIDE; }

  template <class A, class B>
  MEMBER void multiply(const float* a, const float* b) {
    ROLLED for (int part = 0; part < T::DEPTH; part += 4) {
      UNROLL for (int k = part; k < part + 4; k++) {
        float left[DOWN], right[BESIDE];
        UNROLL for (int i = 0; i < DOWN; i += 4) {
          float4 four = *reinterpret_cast<const float4*>(
              a + spot<FP32, T::ROWS, T::DEPTH, A::ALONG>(row() + i / 4 * APART, k));
          left[i] = four.x;
          left[i + 1] = four.y;
          left[i + 2] = four.z;
          left[i + 3] = four.w;
        }
        UNROLL for (int j = 0; j < BESIDE; j += 2) {
          float2 two = *reinterpret_cast<const float2*>(
              b + spot<FP32, T::COLUMNS, T::DEPTH, B::ALONG>(column() + j, k));
          right[j] = two.x;
          right[j + 1] = two.y;
        }
        UNROLL for (int i = 0; i < DOWN; i++)
          UNROLL for (int j = 0; j < BESIDE; j++) sums[i][j] += left[i] * right[j];
      }
    }
  }

  MEMBER void lay(float* shared, int pitch) const {
    UNROLL for (int i = 0; i < DOWN; i++)
      UNROLL for (int j = 0; j < BESIDE; j += 2)
        *reinterpret_cast<float2*>(shared + (row() + i / 4 * APART + i % 4) * pitch + column() + j) =
            {sums[i][j], sums[i][j + 1]};
  }
};

// Sums over inner places `from` to `to` (exclusive) of the tile that begins at this row and column.
template <int P, class T, class A, class B, class R>
DEV void multiply_tile(float* shared, const A& a, const B& b, const R& result, int row, int column,
                       int from, int to) {
  constexpr int STAGES = stages<P, T>(), SIZE = stage_floats<P, T>();
  constexpr int SECOND = spots<P>(T::ROWS, T::DEPTH);
  Feed<P, T::ROWS, T, A> left(a, row, result.height, from, to);
  Feed<P, T::COLUMNS, T, B> right(b, column, result.width, from, to);
  Sums<P, T> sums;
  sums.clear();
  int steps = (to - from + T::DEPTH - 1) / T::DEPTH;
  int read = 0, filled = 0;  // offsets of stages
  ROLLED for (int i = 1 - STAGES; i < steps; i++) {
    if (i >= 0) {
      copy_wait<STAGES - 2>();
      block_sync();  // stage i is complete, and all have read the one that is filled now
    }
    int next = i + STAGES - 1;
    float* stage = shared + filled;
    if (next < steps) {
      left.fetch(stage, from + next * T::DEPTH);
      right.fetch(stage + SECOND, from + next * T::DEPTH);
    }
    if (i >= 0) {
      sums.template multiply<A, B>(shared + read, shared + read + SECOND);
      read = read == (STAGES - 1) * SIZE ? 0 : read + SIZE;
    }
    if (next < steps) {
      left.put(stage);
      right.put(stage + SECOND);
    }
    filled = filled == (STAGES - 1) * SIZE ? 0 : filled + SIZE;
    copy_commit();
  }
  constexpr int PITCH = T::COLUMNS + (P == FP32 ? 4 : 8);
  static_assert(T::ROWS * PITCH <= STAGES * SIZE, "the sums fit where the operands were");
  block_sync();
  sums.lay(shared, PITCH);
  block_sync();
  store_tile<T>(shared, PITCH, result, row, column);
}
