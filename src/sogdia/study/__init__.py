"""What the world is: the tables of a study, where they come from and what they must satisfy."""

from sogdia.study.model import ChoiceParameter, Settings, Study, base_id
from sogdia.study.schema import Tables

__all__ = ["ChoiceParameter", "Settings", "Study", "Tables", "base_id"]
