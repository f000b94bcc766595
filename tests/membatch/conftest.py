def pytest_configure(config):
    config.addinivalue_line("markers", "ray: starts a real Ray cluster on 127.0.0.1")
