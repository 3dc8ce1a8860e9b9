"""The pages of the console: each module asks the operations API and fills a template of the same name. Imports the visit."""
