from tests.unit.image.toykernel import toy_dir

__all__ = ["toy_dir"]
