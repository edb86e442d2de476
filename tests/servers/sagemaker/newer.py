"""What this botocore knows of SageMaker: an older one drops or refuses newer members."""

from functools import cache
from typing import Any

import botocore.session
import pytest


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


def needs(shape: str, member: str) -> pytest.MarkDecorator:
    """Skip a test where a shape has no such member yet."""
    known = shape in _model().shape_names and member in _model().shape_for(shape).members
    return pytest.mark.skipif(not known, reason=f"this botocore has no {member} in {shape}")
