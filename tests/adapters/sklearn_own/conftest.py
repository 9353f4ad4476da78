def pytest_configure(config):
    config.addinivalue_line("markers", "thread_unsafe: scikit-learn's own mark")
    config.addinivalue_line("filterwarnings", "ignore:Passing a non-Collection iterable")
