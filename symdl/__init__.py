"""symdl: symbolic mathematics and verification for deep learning."""
