"""How good the verifiers are: four numbers each, on the same files as public graders."""
