extension OperatorCatalog {
  static let movement: [OperatorDefinition] = [
    .reshape, .flatten, .squeeze, .expandDims, .transpose,
    .concat, .pack, .split, .unpack,
    .slice, .sliceBySize, .stridedSlice, .dynamicUpdateSlice, .tensorScatter,
    .tile, .expand, .broadcastShapes, .pad, .centerCropPad,
    .depthToSpace, .spaceToDepth, .batchToSpace, .spaceToBatch, .col2Im,
    .extractPatches, .matrixDiagV3, .matrixDiagPartV3, .matrixSetDiagV3,
    .roll, .matrixBandPart, .reverse, .reverseSequence, .compress, .trilu, .matrixDiag,
    .matrixSetDiag,
    .shape, .size, .rank, .mergeAxes, .splitAxes,
  ]
}
