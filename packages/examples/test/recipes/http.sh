set -eu
control() {
  curl -sf -X "$1" "$SHIPSTATION_BASE_URL/__emulator/$2" -H 'content-type: application/json' -d "${3-}"
}

# as just started, but for one shipment
control POST reset
control POST seed '{ "shipments": [{ "shipment_id": "se-1", "shipment_number": "A-1" }] }'

# the next create is committed, and its answer gets lost
control PUT faults '[{ "endpoint": "create", "times": 1, "action": { "_tag": "Reset" } }]'

# from now on time stands still
control POST clock '{ "frozen": true }'

# here your program runs
curl -s "$SHIPSTATION_BASE_URL/v2/fulfillments" -H 'api-key: emulator-api-key' -H 'content-type: application/json' \
  -d '{ "fulfillments": [{ "shipment_id": "se-1", "tracking_number": "1Z", "carrier_code": "ups" }] }' || echo "no answer"

# an hour later
control POST clock '{ "advance": "1 hour" }'

# what it did, who would have been told, and all requests
control GET fulfillments
control GET notifications
control GET 'journal?last=10'
