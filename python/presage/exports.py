"""All that `import presage` offers."""

from .description import Description
from .errors import BundleError
from .evidence import Parts
from .frameworks.python_class import PythonClass
from .input_tensor import InputTensor
from .matrix import Matrix, read_matrix, windows
from .report import Report
from .rows import Rows
from .saving import save
from .source import Predict
from .splits import borders_at, split_by_time
