"""Names of the classes that Keras brings itself, for files that state no module beside a name."""

from __future__ import annotations

_LAYERS = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average
    BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate ConvLSTM1D ConvLSTM2D
    ConvLSTM3D CutMix Dense DenseFeatures DepthwiseConv1D DepthwiseConv2D Discretization Dot
    Dropout ELU EinsumDense Embedding Equalization Flatten GRU GRUCell GaussianDropout
    GaussianNoise GroupNormalization GroupQueryAttention HashedCrossing Hashing Identity
    InputLayer IntegerLookup LSTM LSTMCell LayerNormalization LeakyReLU LocallyConnected1D
    LocallyConnected2D Masking MaxNumBoundingBoxes Maximum MelSpectrogram Minimum MixUp
    MultiHeadAttention Multiply Normalization PReLU Permute Pipeline RMSNormalization RNN ReLU
    RepeatVector Rescaling Reshape Resizing ReversibleEmbedding STFTSpectrogram SimpleRNN
    SimpleRNNCell Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells StringLookup Subtract SyncBatchNormalization
    TextVectorization ThresholdedReLU TimeDistributed UnitNormalization Wrapper Layer Merge
    MaxoutDense Highway TimeDistributedDense CuDNNLSTM CuDNNGRU AugMix AutoContrast RandAugment
    ContrastLimitedAdaptiveHistogramEqualization RandomBrightness RandomColorDegeneration
    RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective
    RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
    RandomTranslation RandomWidth RandomZoom BatchNormalizationV1 BatchNormalizationV2 GRUV2
    LSTMV2 SlicingOpLambda ClassMethod InstanceMethod InstanceProperty
"""
_SIZED = """
    AdaptiveAveragePooling AdaptiveMaxPooling AveragePooling AvgPool Conv Convolution Cropping
    GlobalAveragePooling GlobalAvgPool GlobalMaxPool GlobalMaxPooling MaxPool MaxPooling
    SeparableConv SeparableConvolution UpSampling ZeroPadding AtrousConvolution
"""
_MODELS = "Model Functional Sequential DTypePolicy DTypePolicyMap Policy PolicyV1 InputSpec"
_POLICIES = """
    AWQDTypePolicy FloatDTypePolicy GPTQDTypePolicy Int4DTypePolicy QuantizedDTypePolicy
    QuantizedFloat8DTypePolicy AWQConfig AbsMaxQuantizer Float8QuantizationConfig GPTQConfig
    Int4QuantizationConfig Int8QuantizationConfig QuantizationConfig
"""
_OPTIMIZERS = """
    Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer Muon Nadam
    RMSprop SGD ScheduleFreeAdamW CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay
    PiecewiseConstantDecay PolynomialDecay TFOptimizer LossScaleOptimizerV1 LossScaleOptimizerV3
    DynamicLossScale FixedLossScale LossFunctionWrapper
"""
_RULES = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform IdentityInitializer LecunNormal
    LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT
    STFTInitializer TruncatedNormal VarianceScaling Zeros L1 L1L2 L2 OrthogonalRegularizer MaxNorm
    MinMaxNorm NonNeg UnitNorm SeedGenerator
"""
_SCORES = """
    BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
    CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge Circle
    CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge Tversky AUC Accuracy BinaryAccuracy BinaryIoU
    CategoricalAccuracy ConcordanceCorrelation F1Score FBetaScore FalseNegatives FalsePositives IoU
    LogCoshError Mean MeanIoU MeanMetricWrapper OneHotIoU OneHotMeanIoU PearsonCorrelation
    Precision PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
    SensitivityAtSpecificity SparseTopKCategoricalAccuracy SpecificityAtSensitivity Sum
    SparseCategoricalAccuracy TopKCategoricalAccuracy TrueNegatives TruePositives
"""
_SIZES = ("1D", "2D", "3D", "1DTranspose", "2DTranspose", "3DTranspose")
# The values that configurations spell as objects.
VALUES = frozenset({
    "__tuple__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__keras_tensor__",
    "__typespec__", "__complex__", "TypeSpec", "TensorShape", "CompositeTensor", "__slice__",
    "slice", "ndarray",
})  # fmt: skip

BUILT_IN = VALUES.union(
    (f"{name}{size}" for name in _SIZED.split() for size in _SIZES),
    *(text.split() for text in (_LAYERS, _MODELS, _POLICIES, _OPTIMIZERS, _RULES, _SCORES)),
)
