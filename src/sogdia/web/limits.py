"""What one request, and one server, may ask for; the page shows them, refusals name them."""

MIB = 1024**2

JSON_BODY_MIB = 1
UPLOAD_MIB = 50
UPLOADED_STUDIES = 50
UNPACKED_MIB = 128
PROBLEMS_NAMED = 100

QUEUED_RUNS = 20
REPLICATIONS = 50
SIMULATED_DAYS = 1100
ROUTE_SECONDS = 60.0
