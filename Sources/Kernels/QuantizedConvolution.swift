import CKernels

/// 8-bit weights in the order the kernels of one instruction set read them, with the constants of each channel.
///
/// Immutable and shareable. Made for one element type of activations, and for convolutions (fully
/// connected layers and matrix products included) or depthwise convolutions.
package struct PackedQuantizedFilters: Sendable {
  /// Element type of the activations.
  package let element: ConvolutionPlan.Element
  /// The instruction set they are packed for; that of depthwise convolutions does not count.
  package let instructionSet: InstructionSet
  /// Zero points and types.
  package let quantization: LayerQuantization
  /// Whether the weights are those of a depthwise convolution.
  package let isDepthwise: Bool
  private let storage: AlignedBuffer

  var pointer: UnsafeRawPointer { UnsafeRawPointer(storage.pointer) }

  /// Bytes of the packed form.
  package var byteCount: Int { storage.byteCount }

  /// Packs the weights of every variant.
  ///
  /// - Parameters:
  ///   - shape: Channels, kernel, groups and variants count; extents and strides do not.
  ///   - element: Type of the activations. With `.int16` weights must be symmetric.
  ///   - depthwise: Whether to pack for `DepthwisePlan`.
  ///   - strides: Where a filter value lies.
  ///   - quantization: Zero points and types.
  ///   - scales: Constants of each channel.
  ///   - weights: First filter byte of each variant.
  ///   - instructionSet: That of the plan that will use them.
  /// - Throws: `KernelShapeError` if the shape cannot be run, or a depthwise filter for 16-bit
  ///   activations has more than 500 taps.
  package init(
    _ shape: ConvolutionShape,
    element: ConvolutionPlan.Element,
    depthwise: Bool = false,
    strides: FilterStrides,
    quantization: LayerQuantization,
    scales: ChannelScales,
    weights: [UnsafeRawPointer],
    instructionSet: InstructionSet = .active
  ) throws(KernelShapeError) {
    var cShape = try shape.checked()
    precondition(element != .float32 && weights.count == shape.variants)
    precondition(scales.holds(shape.outputChannels * shape.variants))
    precondition(element != .int16 || scales.fixedPoint != nil)
    if element == .int16 && depthwise && shape.kernelHeight * shape.kernelWidth > 500 {
      throw KernelShapeError()
    }
    self.element = element
    self.instructionSet = instructionSet
    self.quantization = quantization
    isDepthwise = depthwise
    var c = quantization.c(element)
    let pointers: [UnsafeRawPointer?] = weights
    let isa = instructionSet.c
    let panels = ck_conv_panels(&cShape, ck_element(element.rawValue), isa)
    let byteCount =
      depthwise
      ? ck_depthwise_q_packed_bytes(&cShape)
      : element == .int16
        ? ck_conv_q16_packed_bytes(&cShape, isa) : ck_conv_q8_packed_bytes(&cShape, isa)
    let storage = AlignedBuffer(byteCount: byteCount, zeroed: false)
    scales.withC { scales in
      if depthwise {
        ck_depthwise_q_pack(&cShape, strides.c, &c, scales, pointers, storage.pointer)
      } else if element == .int16 {
        let signed = pointers.map { $0?.assumingMemoryBound(to: Int8.self) }
        ck_conv_q16_pack(&cShape, strides.c, scales, signed, isa, storage.pointer, 0, panels)
      } else {
        ck_conv_q8_pack(&cShape, strides.c, &c, scales, pointers, isa, storage.pointer, 0, panels)
      }
    }
    self.storage = storage
  }
}

extension ConvolutionPlan {
  /// Runs jobs over 8- or 16-bit activations, with exact integer results.
  ///
  /// - Parameters:
  ///   - filters: Weights packed for the plan's element type and a shape with the same channels,
  ///     kernel, groups and variants.
  ///   - input: First input element.
  ///   - output: First output element, of the epilogue's type.
  ///   - epilogue: How sums become outputs.
  ///   - scratch: At least `scratchByteCount` bytes that no other thread uses.
  ///   - jobs: Part of `0..<jobCount`.
  package func run(
    _ filters: PackedQuantizedFilters,
    input: UnsafeRawPointer,
    output: UnsafeMutableRawPointer,
    epilogue: QuantizedEpilogue,
    scratch: AlignedBuffer,
    jobs: Range<Int>
  ) {
    precondition(filters.element == element && !filters.isDepthwise)
    precondition(filters.instructionSet == instructionSet)
    precondition(jobs.upperBound <= jobCount && scratch.byteCount >= scratchByteCount)
    var epilogue = epilogue.c
    var quantization = filters.quantization.c(element)
    withExtendedLifetime((self, filters, scratch)) {
      if element == .int16 {
        ck_conv_q16_run(
          c,
          filters.pointer,
          input.assumingMemoryBound(to: Int16.self),
          output.assumingMemoryBound(to: Int16.self),
          &epilogue,
          scratch.pointer,
          jobs.lowerBound,
          jobs.upperBound
        )
      } else {
        ck_conv_q8_run(
          c,
          filters.pointer,
          &quantization,
          input,
          output,
          &epilogue,
          scratch.pointer,
          jobs.lowerBound,
          jobs.upperBound
        )
      }
    }
  }
}

extension DepthwisePlan {
  /// Runs jobs over 8- or 16-bit activations, with exact integer results.
  ///
  /// - Parameters:
  ///   - filters: Weights packed for the plan's element type and a shape with the same channels,
  ///     kernel and variants.
  ///   - input: First input element.
  ///   - output: First output element, of the epilogue's type.
  ///   - epilogue: How sums become outputs.
  ///   - jobs: Part of `0..<jobCount`.
  package func run(
    _ filters: PackedQuantizedFilters,
    input: UnsafeRawPointer,
    output: UnsafeMutableRawPointer,
    epilogue: QuantizedEpilogue,
    jobs: Range<Int>
  ) {
    precondition(filters.element == element && filters.isDepthwise)
    precondition(jobs.upperBound <= jobCount)
    var epilogue = epilogue.c
    var quantization = filters.quantization.c(element)
    withExtendedLifetime((self, filters)) {
      ck_depthwise_q_run(
        c,
        filters.pointer,
        &quantization,
        input,
        output,
        &epilogue,
        jobs.lowerBound,
        jobs.upperBound
      )
    }
  }
}
