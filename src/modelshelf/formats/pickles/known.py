"""The globals that honest models are made of and that do nothing but rebuild data."""

from __future__ import annotations

import re
from typing import Final

_NUMPY_CORE = ("numpy.core", "numpy._core")
_SCALARS = (
    "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc longlong float16 float32 "
    "float64 longdouble complex64 complex128 str_ bytes_ datetime64 timedelta64 void"
)
_UFUNCS = (
    "abs absolute arcsinh cbrt ceil cos exp exp2 expm1 floor identity log log10 log1p log2 maximum "
    "mean median minimum negative reciprocal rint round sign sin sqrt square tan tanh"
)
_TORCH_TYPES = (
    "Size device Tensor dtype float16 float32 float64 bfloat16 half float double int8 int16 int32 "
    "int64 uint8 uint16 uint32 uint64 short int long bool complex64 complex128 quint8 qint8 qint32 "
    "float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu "
    "strided per_tensor_affine per_channel_affine "
    "FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage "
    "CharStorage ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage "
    "QInt8Storage QInt32Storage QUInt8Storage QUInt4x2Storage QUInt2x4Storage UntypedStorage"
)
# Functions that estimators keep to select and to score with; they compute and do nothing else.
_SKLEARN = {
    "cluster._kmeans": "_kmeans_single_elkan _kmeans_single_lloyd",
    "feature_selection._mutual_info": "mutual_info_classif mutual_info_regression",
    "feature_selection._univariate_selection": "chi2 f_classif f_oneway f_regression r_regression",
    "metrics._classification": (
        "accuracy_score balanced_accuracy_score brier_score_loss cohen_kappa_score f1_score "
        "fbeta_score hamming_loss hinge_loss jaccard_score log_loss matthews_corrcoef "
        "precision_score recall_score zero_one_loss"
    ),
    "metrics._ranking": "average_precision_score ndcg_score roc_auc_score top_k_accuracy_score",
    "metrics._regression": (
        "explained_variance_score max_error mean_absolute_error mean_absolute_percentage_error "
        "mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error "
        "mean_squared_log_error mean_tweedie_deviance median_absolute_error r2_score "
        "root_mean_squared_error root_mean_squared_log_error"
    ),
    "metrics.cluster._supervised": (
        "adjusted_mutual_info_score adjusted_rand_score completeness_score fowlkes_mallows_score "
        "homogeneity_score mutual_info_score normalized_mutual_info_score rand_score "
        "v_measure_score"
    ),
}

# Module to names. The spelling is that of Python 3; older ones are translated before the question.
_EXACT: dict[str, str] = {
    "builtins": (
        "bool bytearray bytes complex dict Ellipsis float frozenset int list NotImplemented object "
        "range set slice str tuple"
    ),
    "collections": "OrderedDict defaultdict deque Counter",
    "_collections": "defaultdict deque",
    "copyreg": "_reconstructor __newobj__ __newobj_ex__",
    "_codecs": "encode",
    "argparse": "Namespace",
    "array": "array _array_reconstructor",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "pathlib": "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
    "types": "SimpleNamespace",
    "uuid": "UUID",
    "dill._dill": "_create_array",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle": "NumpyArrayWrapper",
    "numpy": f"ndarray dtype {_SCALARS} {_UFUNCS}",
    "numpy.ma.core": "_mareconstruct MaskedArray",
    "numpy.ma": "_mareconstruct MaskedArray",
    "numpy.random": "RandomState Generator MT19937 PCG64 PCG64DXSM Philox SFC64",
    "numpy.random._pickle": (
        "__randomstate_ctor __bit_generator_ctor __generator_ctor __bit_generator_ctor"
    ),
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "scipy.interpolate": "BSpline interp1d",
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.interpolate._interpolate": "interp1d",
    "scipy.interpolate.interpolate": "interp1d",
    "catboost.core": "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor",
    "xgboost.core": "Booster",
    "xgboost.sklearn": (
        "XGBModel XGBClassifier XGBRegressor XGBRanker XGBRFClassifier XGBRFRegressor"
    ),
    "lightgbm.basic": "Booster",
    "lightgbm.sklearn": "LGBMModel LGBMClassifier LGBMRegressor LGBMRanker",
    "torch": _TORCH_TYPES,
    "torch._utils": (
        "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter "
        "_rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor "
        "_rebuild_meta_tensor_no_storage"
    ),
    "torch._tensor": "_rebuild_from_type_v2",
    "torch.jit._pickle": (
        "build_boollist build_doublelist build_intlist build_tensorlist restore_type_tag"
    ),
    "torch._C._nn": "gelu",
    "torch.nn.functional": "elu gelu leaky_relu mish relu sigmoid silu softmax tanh",
    "torch.nn.parameter": "Parameter Buffer",
    "torch.serialization": "_get_layout",
    "torch.storage": "TypedStorage UntypedStorage _TypedStorage _UntypedStorage",
} | {f"{core}.multiarray": "_reconstruct scalar" for core in _NUMPY_CORE} | {
    f"{core}.numeric": "_frombuffer" for core in _NUMPY_CORE
} | {f"sklearn.{module}": names for module, names in _SKLEARN.items()}  # fmt: skip

KNOWN: Final = frozenset(
    (module, name) for module, names in _EXACT.items() for name in names.split()
)

# Estimators have too many classes to list. Calling a class makes an object that keeps its
# arguments; functions, which do things, are not let in by a pattern.
_CLASS = r"_?[A-Z]\w*"
_REBUILDER = r"__pyx_unpickle_\w+|newObj"
KNOWN_PATTERNS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"sklearn(\.(?!externals\.|tests?\.|\w*(?:testing|mocking)\b)\w+)+:({_CLASS}|{_REBUILDER})",
        r"scipy\.sparse(\._?\w+)?:(bsr|coo|csc|csr|dia|dok|lil)_(array|matrix)",
        rf"torch\.nn\.modules\.\w+:{_CLASS}",
        r"numpy\.dtypes:[A-Z]\w*DType",
    )
)


def is_known(module: str, name: str) -> bool:
    """Tell whether a global is one that honest models use to rebuild data."""
    if (module, name) in KNOWN:
        return True
    full = f"{module}:{name}"
    return any(pattern.fullmatch(full) for pattern in KNOWN_PATTERNS)
