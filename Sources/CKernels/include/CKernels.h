// Numeric kernels over plain buffers, with run-time dispatch over instruction sets.
//
// Conventions of every function here:
// - A function never allocates, never keeps a pointer after it returns, and has no global state
//   but the cached answer of `ck_isa_active`. Buffers belong to the caller.
// - Sizes are element counts unless the name says `bytes`. Shapes were checked by the caller; the
//   `..._valid` functions do that check, including that no size computation overflows.
// - A unit of work is a job. Jobs are independent, may run in any order and on any thread, and
//   the result does not depend on how they are distributed: no sum is ever split.
// - Scratch belongs to one thread at a time; its size comes from the plan.

#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_convolution.h"
#include "ck_depthwise.h"
#include "ck_elementwise.h"
#include "ck_isa.h"
#include "ck_peak.h"
#include "ck_quantized.h"
#include "ck_quantized_elementwise.h"
#include "ck_queue.h"
#include "ck_rows.h"
#include "ck_spatial.h"

#endif
