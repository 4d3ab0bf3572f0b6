"""Alert rules, whom they tell and how."""
