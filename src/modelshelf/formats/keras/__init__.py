"""What the configuration and the weights of a Keras model say, in whichever file they are."""
