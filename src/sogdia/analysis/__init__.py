"""What the engines mean: validation against published figures, calibration."""
