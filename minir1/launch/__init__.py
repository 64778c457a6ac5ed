"""What a rented machine needs to start: one launcher, and the files of Slurm and SkyPilot."""
