-- What a dashboard shows of the past: of each desk the last hour in steps, and today's sums.
-- Folded from the log beside the roll-ups.

local trends = {}

local STEP_MS, HOUR_MS, DAY_MS = 10000, 3600000, 86400000
local STEPS = HOUR_MS / STEP_MS
local KEEP_S = 3 * 3600
local TODAY_S = 3 * 86400

local waiting, before -- by desk, how many wait by the log; and as it stood before these events
local steps, sums -- by key, what changes

-- Reads: folded.
function trends.begin()
  waiting, before, steps, sums = {}, {}, {}, {}
  local found = command("HGETALL", keys.folded())
  for i = 1, #found, 2 do
    local desk = string.match(found[i], "^waiting:(.*)$")
    if desk then
      waiting[desk] = tonumber(found[i + 1])
      before[desk] = waiting[desk]
    end
  end
end

-- Returns: what changes of the desk's step in which the event happened, as a table, or nil when
-- it is long ago.
local function step_of(event)
  if event.at <= call.now - 2 * HOUR_MS then return nil end
  local key = keys.trend(event.desk, math.floor(event.at / HOUR_MS))
  steps[key] = steps[key] or {}
  local number = math.floor(event.at % HOUR_MS / STEP_MS)
  local level = waiting[event.desk] or 0
  local step = steps[key][number] or { began = level, most = level, arrived = 0, served = 0 }
  steps[key][number] = step
  return step
end

local function count_step(event, arrived, served, queued)
  local step = step_of(event)
  local level = math.max(0, (waiting[event.desk] or 0) + queued)
  waiting[event.desk] = level
  if not step then return end
  step.arrived, step.served = step.arrived + arrived, step.served + served
  step.most = math.max(step.most, level)
end

local function count_today(event, ...)
  local key = keys.today(math.floor(event.at / DAY_MS))
  local sum = sums[key] or {}
  sums[key] = sum
  for i = 1, select("#", ...), 2 do
    local name, by = select(i, ...)
    name = event.desk .. ":" .. name
    sum[name] = (sum[name] or 0) + by
  end
end

local kinds = {}

function kinds.requested(event)
  count_step(event, 1, 0, 0)
  count_today(event, "offered", 1)
end

function kinds.queued(event) count_step(event, 0, 0, 1) end
function kinds.requeued(event) count_step(event, 0, 0, 1) end

function kinds.assigned(event)
  local is_first = event.first == "1"
  local waited = event.reason ~= "request" and event.reason ~= "transfer"
  count_step(event, 0, is_first and 1 or 0, waited and -1 or 0)
  if not is_first then return end
  local ms = tonumber(event.waited)
  count_today(event, "served", 1, "wait_ms", ms, "within_20_s", ms <= 20000 and 1 or 0,
    "within_60_s", ms <= 60000 and 1 or 0)
end

-- One that waited leaves the queue of the desk at which it was.
function kinds.transferred(event)
  if event.agent == "" then count_step({ at = event.at, desk = event.was_at }, 0, 0, -1) end
end

function kinds.closed(event)
  if event.agent ~= "" then return end
  count_step(event, 0, 0, -1)
  -- One that had an agent before is among the served, and counts once.
  if event.first == "1" then count_today(event, "abandoned", 1) end
end

function kinds.released(event)
  local began, replied = string.match(event.work or "", "^(%d+):(%d*):")
  if not began then return end
  count_today(event, "handled", 1, "handle_ms", event.at - began)
  if replied ~= "" then count_today(event, "replied", 1, "first_reply_ms", replied - began) end
end

-- Takes an event, its time as a number.
function trends.count(event)
  local kind = kinds[event.what]
  if kind then kind(event) end
end

-- A step is four numbers: how many waited when it began, the most that did, arrived, served.
local function write_steps(key, changed)
  local numbers, values = {}, {}
  for number in pairs(changed) do numbers[#numbers + 1] = number end
  local old = command("HMGET", key, unpack(numbers))
  for n, number in ipairs(numbers) do
    local step = changed[number]
    local began, most, arrived, served = string.match(old[n] or "", "^(%d+):(%d+):(%d+):(%d+)$")
    values[2 * n - 1] = number
    values[2 * n] = string.format("%d:%d:%d:%d", began or step.began,
      math.max(most or 0, step.most), step.arrived + (arrived or 0), step.served + (served or 0))
  end
  command("HSET", key, unpack(values))
  command("EXPIRE", key, KEEP_S)
end

-- Writes: trend, today, folded.
function trends.write()
  for key, changed in pairs(steps) do write_steps(key, changed) end
  for key, sum in pairs(sums) do
    for name, by in pairs(sum) do command("HINCRBY", key, name, by) end
    command("EXPIRE", key, TODAY_S)
  end
  for desk, count in pairs(waiting) do
    if count == 0 then
      command("HDEL", keys.folded(), "waiting:" .. desk)
    elseif count ~= before[desk] then
      command("HSET", keys.folded(), "waiting:" .. desk, count)
    end
  end
end
