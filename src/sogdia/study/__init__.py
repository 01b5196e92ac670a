"""What the world is: the tables of a study, where they come from and what they must satisfy."""

from sogdia.study.model import ChoiceParameter, Settings, Study, base_id
from sogdia.study.schema import Tables
from sogdia.study.water_level import WaterLevel

__all__ = ["ChoiceParameter", "Settings", "Study", "Tables", "WaterLevel", "base_id"]
