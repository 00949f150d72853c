"""Every point at which the other side may fall silent."""
