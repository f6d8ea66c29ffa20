"""Drop folders: what lies there, is it finished, take it in, put it away or keep it apart."""
