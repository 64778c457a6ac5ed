"""The model card of an exported checkpoint, and its manifest.

facts.py   what is known of a checkpoint, from its run's own files; run.json
page.py    README.md in Hugging Face's form
write.py   both, into the folder
"""
