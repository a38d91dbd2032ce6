// Functions of one and two float32 values.

#define UNARY(NAME, EXPRESSION)                                               \
  static void unary_##NAME(const float *in, float *out, size_t count) {       \
    size_t i = 0;                                                             \
    for (; i + CK_LANES <= count; i += CK_LANES) {                            \
      vf x = vf_load(in + i);                                                 \
      vf_store(out + i, EXPRESSION);                                          \
    }                                                                         \
    if (i == count) return;                                                   \
    vf x = vf_load_part(in + i, count - i);                                   \
    vf_store_part(out + i, EXPRESSION, count - i);                            \
  }
UNARY(exp, vf_exp(x))
UNARY(tanh, vf_tanh(x))
UNARY(sigmoid, vf_sigmoid(x))
UNARY(erf, vf_erf(x))
UNARY(gelu, vf_gelu(x))
UNARY(gelu_tanh, vf_gelu_tanh(x))
UNARY(silu, x * vf_sigmoid(x))
UNARY(hard_swish, vf_hard_swish(x))
UNARY(sqrt, __builtin_elementwise_sqrt(x))
UNARY(rsqrt, 1.0f / __builtin_elementwise_sqrt(x))
UNARY(abs, vf_abs(x))
UNARY(negate, -x)
UNARY(square, x * x)
UNARY(reciprocal, 1.0f / x)
#undef UNARY

static void CK_NAME(unary)(ck_unary function, const float *in, float *out, size_t count) {
  static void (*const functions[CK_UNARY_COUNT])(const float *, float *, size_t) = {
      [CK_EXP] = unary_exp,
      [CK_TANH] = unary_tanh,
      [CK_SIGMOID] = unary_sigmoid,
      [CK_ERF] = unary_erf,
      [CK_GELU] = unary_gelu,
      [CK_GELU_TANH] = unary_gelu_tanh,
      [CK_SILU] = unary_silu,
      [CK_HARD_SWISH] = unary_hard_swish,
      [CK_SQRT] = unary_sqrt,
      [CK_RSQRT] = unary_rsqrt,
      [CK_ABS] = unary_abs,
      [CK_NEGATE] = unary_negate,
      [CK_SQUARE] = unary_square,
      [CK_RECIPROCAL] = unary_reciprocal,
  };
  functions[function](in, out, count);
}

CK_INLINE vf binary_apply(const ck_binary function, vf a, vf b) {
  switch (function) {
    case CK_ADD:
      return a + b;
    case CK_SUBTRACT:
      return a - b;
    case CK_MULTIPLY:
      return a * b;
    case CK_DIVIDE:
      return a / b;
    case CK_MINIMUM:
      return b < a ? b : a;
    case CK_MAXIMUM:
      return b > a ? b : a;
    default:
      return (a - b) * (a - b);
  }
}

CK_INLINE vf binary_operand(const float *row, size_t column, const bool repeats, size_t count) {
  if (repeats) return vf_splat(row[0]);
  return count >= CK_LANES ? vf_load(row + column) : vf_load_part(row + column, count);
}

/// One row; `a_repeats` and `b_repeats` say that the operand has one value for the row.
CK_INLINE void binary_row(const ck_binary function, const float *a, const bool a_repeats,
                          const float *b, const bool b_repeats, vf lower, vf upper, float *out,
                          size_t columns) {
  size_t c = 0;
  for (; c + CK_LANES <= columns; c += CK_LANES) {
    vf value = binary_apply(function, binary_operand(a, c, a_repeats, CK_LANES),
                            binary_operand(b, c, b_repeats, CK_LANES));
    vf_store(out + c, vf_clamp(value, lower, upper));
  }
  if (c == columns) return;
  vf value = binary_apply(function, binary_operand(a, c, a_repeats, columns - c),
                          binary_operand(b, c, b_repeats, columns - c));
  vf_store_part(out + c, vf_clamp(value, lower, upper), columns - c);
}

CK_INLINE void binary_rows(const ck_binary function, ck_operand a, ck_operand b, float lower,
                           float upper, float *out, size_t rows, size_t columns) {
  vf low = vf_splat(lower), high = vf_splat(upper);
  for (size_t r = 0; r < rows; r++, out += columns) {
    const float *left = a.data + r * a.row_stride, *right = b.data + r * b.row_stride;
    if (a.column_stride != 0 && b.column_stride != 0) {
      binary_row(function, left, false, right, false, low, high, out, columns);
    } else if (a.column_stride != 0) {
      binary_row(function, left, false, right, true, low, high, out, columns);
    } else if (b.column_stride != 0) {
      binary_row(function, left, true, right, false, low, high, out, columns);
    } else {
      binary_row(function, left, true, right, true, low, high, out, columns);
    }
  }
}

static void CK_NAME(binary)(ck_binary function, ck_operand a, ck_operand b, float lower,
                            float upper, float *out, size_t rows, size_t columns) {
#define BINARY_CASE(FUNCTION)                                                 \
  case FUNCTION:                                                              \
    binary_rows(FUNCTION, a, b, lower, upper, out, rows, columns);            \
    break;
  switch (function) {
    BINARY_CASE(CK_ADD)
    BINARY_CASE(CK_SUBTRACT)
    BINARY_CASE(CK_MULTIPLY)
    BINARY_CASE(CK_DIVIDE)
    BINARY_CASE(CK_MINIMUM)
    BINARY_CASE(CK_MAXIMUM)
    BINARY_CASE(CK_SQUARED_DIFFERENCE)
    default:
      break;
  }
#undef BINARY_CASE
}

static void CK_NAME(scale_shift)(const float *in, const float *scale, const float *shift,
                                 float lower, float upper, float *out, size_t rows,
                                 size_t columns) {
  vf low = vf_splat(lower), high = vf_splat(upper);
  for (size_t r = 0; r < rows; r++, in += columns, out += columns) {
    size_t c = 0;
    for (; c + CK_LANES <= columns; c += CK_LANES) {
      vf value = vf_fma(vf_load(in + c), vf_load(scale + c), vf_load(shift + c));
      vf_store(out + c, vf_clamp(value, low, high));
    }
    if (c == columns) continue;
    size_t count = columns - c;
    vf value = vf_fma(vf_load_part(in + c, count), vf_load_part(scale + c, count),
                      vf_load_part(shift + c, count));
    vf_store_part(out + c, vf_clamp(value, low, high), count);
  }
}
