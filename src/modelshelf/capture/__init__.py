"""What a training script is made with and from, recorded while it runs."""
