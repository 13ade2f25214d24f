"""Further studies, which test the six answers, a module each."""
