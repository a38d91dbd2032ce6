// Sums and products of 8-bit quantized operands.

CK_INLINE q_channels q_splat_factor(ck_fixed_point factor) {
  int32_t multiplier[CK_LANES], shift[CK_LANES];
  vi_store(multiplier, (vi)factor.multiplier);
  vi_store(shift, (vi)factor.shift);
  return q_load_channels(multiplier, shift, NULL, NULL, CK_OUT_INT8, CK_SCALE_FIXED_POINT);
}

/// `count` bytes at column `c` of a row, widened.
CK_INLINE vi q8_widen(ck_byte_operand operand, const uint8_t *row, size_t c, size_t count,
                      ck_element element) {
  uint8_t bytes[CK_LANES];
  if (operand.column_stride == 0) {
    int32_t value = element == CK_INT8 ? (int8_t)row[0] : row[0];
    return (vi)value;
  }
  const uint8_t *from = row + c;
  if (count < CK_LANES) {
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, from, count);
    from = bytes;
  }
  if (element == CK_INT8) {
    vb narrow;
    memcpy(&narrow, from, sizeof narrow);
    return __builtin_convertvector(narrow, vi);
  }
  vub narrow;
  memcpy(&narrow, from, sizeof narrow);
  return __builtin_convertvector(narrow, vi);
}

#if CK_PACKS_BYTES

/// The factors of a pair where all of them are narrow.
typedef struct {
  q_narrow left, right, result;
} q8_pair_factors;

/// Fills the constants of one factor for all lanes; returns whether it is narrow.
CK_INLINE bool q_splat_narrow(ck_fixed_point factor, q_narrow *narrow) {
  int32_t multiplier[CK_LANES], shift[CK_LANES], bias[CK_LANES] = {0};
  vi_store(multiplier, (vi)factor.multiplier);
  vi_store(shift, (vi)factor.shift);
  return q_load_narrow(multiplier, shift, bias, CK_LANES, narrow, false);
}

/// As many columns as are stored at once; returns where it stopped.
CK_INLINE size_t q8_pairs_packed(const ck_quantized_pair *pair, const q8_pair_factors *factors,
                                 const q_packed_bounds *bounds, ck_byte_operand left,
                                 ck_byte_operand right, const uint8_t *a_row,
                                 const uint8_t *b_row, uint8_t *out, size_t columns,
                                 const bool multiplies, const ck_element element) {
  enum { STORED = 4 * CK_LANES };
  vu shift = (vu)(vi)pair->left_shift;
  size_t c = 0;
  for (; c + STORED <= columns; c += STORED) {
    vi values[4];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 4; i++) {
      size_t at = c + i * CK_LANES;
      vi a = q8_widen(left, a_row, at, CK_LANES, element) - pair->left_zero;
      vi b = q8_widen(right, b_row, at, CK_LANES, element) - pair->right_zero;
      if (multiplies) {
        values[i] = a * b;
      } else {
        a = q_scale_narrow((vi)((vu)a << shift), &factors->left, false);
        b = q_scale_narrow((vi)((vu)b << shift), &factors->right, false);
        values[i] = pair->subtracts ? a - b : a + b;
      }
      values[i] = q_scale_narrow(values[i], &factors->result, false);
    }
    q_store_four(values, bounds, (char *)out + c, CK_LANES, 4, CK_LANES);
  }
  return c;
}

#endif

CK_INLINE void q8_pairs(const ck_quantized_pair *pair, ck_byte_operand left, ck_byte_operand right,
                        uint8_t *out, size_t rows, size_t columns, const bool multiplies,
                        const ck_element element) {
  q_channels a_factor = q_splat_factor(pair->left), b_factor = q_splat_factor(pair->right);
  q_channels factor = q_splat_factor(pair->factor);
  vi lower = pair->lower, upper = pair->upper;
  vu shift = (vu)(vi)pair->left_shift;
#if CK_PACKS_BYTES
  // Operands less their zero points have 9 bits.
  q8_pair_factors factors;
  bool packs = q_splat_narrow(pair->factor, &factors.result) &&
               (multiplies || (pair->left_shift <= 20 &&
                               q_splat_narrow(pair->left, &factors.left) &&
                               q_splat_narrow(pair->right, &factors.right)));
  ck_quantized_epilogue epilogue = {
      .output = element == CK_INT8 ? CK_OUT_INT8 : CK_OUT_UINT8,
      .output_zero_point = pair->zero,
      .lower = pair->lower,
      .upper = pair->upper,
  };
  q_packed_bounds bounds = q_load_packed_bounds(&epilogue);
#endif
  for (size_t r = 0; r < rows; r++, out += columns) {
    const uint8_t *a_row = left.data + r * left.row_stride;
    const uint8_t *b_row = right.data + r * right.row_stride;
    size_t c = 0;
#if CK_PACKS_BYTES
    if (packs)
      c = q8_pairs_packed(pair, &factors, &bounds, left, right, a_row, b_row, out, columns,
                          multiplies, element);
#endif
    for (; c < columns; c += CK_LANES) {
      size_t count = ck_min(columns - c, CK_LANES);
      vi a = q8_widen(left, a_row, c, count, element) - pair->left_zero;
      vi b = q8_widen(right, b_row, c, count, element) - pair->right_zero;
      vi value;
      if (multiplies) {
        value = a * b;
      } else {
        a = q_scale_twice((vi)((vu)a << shift), &a_factor);
        b = q_scale_twice((vi)((vu)b << shift), &b_factor);
        value = pair->subtracts ? a - b : a + b;
      }
      value = q_scale_twice(value, &factor) + pair->zero;
      value = value < lower ? lower : value;
      value = value > upper ? upper : value;
      q_store_integers(value, CK_OUT_INT8, (char *)out, c, count);
    }
  }
}

static void CK_NAME(sum_q8)(const ck_quantized_pair *pair, ck_byte_operand left,
                            ck_byte_operand right, uint8_t *out, size_t rows, size_t columns) {
  if (pair->element == CK_INT8) {
    q8_pairs(pair, left, right, out, rows, columns, false, CK_INT8);
  } else {
    q8_pairs(pair, left, right, out, rows, columns, false, CK_UINT8);
  }
}

static void CK_NAME(product_q8)(const ck_quantized_pair *pair, ck_byte_operand left,
                                ck_byte_operand right, uint8_t *out, size_t rows,
                                size_t columns) {
  if (pair->element == CK_INT8) {
    q8_pairs(pair, left, right, out, rows, columns, true, CK_INT8);
  } else {
    q8_pairs(pair, left, right, out, rows, columns, true, CK_UINT8);
  }
}
