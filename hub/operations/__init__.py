"""The acts of operations (D-4, D-5, D-7); each is kept with its reason in the trail. Imports the store and the intake."""
