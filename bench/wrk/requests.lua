-- Sends whole requests, made beforehand and separated by a zero byte, one after another. Making them here would cost
-- the generator what the server is to be measured for. Prints one line of JSON at the end.
local requests, position = {}, 0

function init()
  local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))
  for request in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = request end
  file:close()
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"seconds":%.6f,"bytes":%d,"errors":%d,"p50Ms":%.3f,"p99Ms":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
