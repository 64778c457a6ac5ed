"""What a recipe costs before it runs, and what published runs must have cost."""
