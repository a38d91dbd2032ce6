// Loops that do nothing but multiply and add, to measure what the machine can do at most.

#ifndef CK_PEAK_H
#define CK_PEAK_H

#include <stddef.h>

#include "ck_isa.h"

/// Does about `rounds` rounds of independent float32 multiply-adds; returns how many it did.
size_t ck_peak_f32(ck_isa isa, size_t rounds);

#endif
