"""Check, Diff, Create, Read, Update and Delete of one object, without the wire format around them."""
