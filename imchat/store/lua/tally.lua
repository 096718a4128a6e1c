-- What each event of the log adds to the measures of the reports: for a time (a day, an hour),
-- an agent and a desk, or desks that an agent worked at together. Pure arithmetic; docs/reports.md says what the measures mean.
--
-- What happens at a moment belongs to that moment, and what an agent did of a chat to the end
-- of its time with it. Only how an agent stood is spread over the time in which it stood so.

local tally = {}

-- Times are counted in steps: up to so many ms in steps of so many. One is counted under the
-- end of its step, so that "within 20 s" is known exactly.
local STEPS = { { 2000, 100 }, { 60000, 1000 }, { 300000, 5000 }, { 3600000, 30000 },
  { 21600000, 300000 }, { 1e15, 3600000 } }

local width, since, till, cells

-- Begins a tally in cells of `ms` each, of what happened from `from` on and before `to`.
function tally.begin(ms, from, to)
  width, since, till, cells = ms, from or 0, to or math.huge, {}
  return cells
end

local function cell_of(number, agent, desk)
  local name = string.format("%d:%s:%s", number, agent, desk)
  local cell = cells[name]
  if not cell then
    cell = {}
    cells[name] = cell
  end
  return cell
end

local function add(cell, field, by)
  cell[field] = (cell[field] or 0) + by
end

-- Counts a time: how many, their sum, the longest, how many in its step.
local function add_time(cell, name, ms)
  ms = math.max(0, ms) -- a clock that was set back makes no time negative
  for _, step in ipairs(STEPS) do
    if ms <= step[1] then
      add(cell, string.format("%s:%d", name, math.ceil(ms / step[2]) * step[2]), 1)
      break
    end
  end
  add(cell, name .. "_ms", ms)
  cell[name .. "_max"] = math.max(cell[name .. "_max"] or 0, ms)
end

local function stand(cell, state, ms, load, capacity)
  add(cell, state .. "_ms", ms)
  if state ~= "online" then return end
  add(cell, "held_ms", ms * load)
  add(cell, "slots_ms", ms * capacity)
  if load > 0 then add(cell, "busy_ms", ms) end
end

-- How an agent stood until now. The cell is that of its desks together, as the time is one.
local function spread(event)
  local state, from, load, capacity, desks =
    string.match(event.stood or "", "^(%l+):(%d+):(%d+):(%d+):(.*)$")
  if not state then return end
  local at, stop = math.max(tonumber(from), since), math.min(event.at, till)
  while at < stop do
    local number = math.floor(at / width)
    local ms = math.min(stop, (number + 1) * width) - at
    stand(cell_of(number, event.agent, desks), state, ms, tonumber(load), tonumber(capacity))
    at = at + ms
  end
end

local function cell_now(event, agent)
  return cell_of(math.floor(event.at / width), agent, event.desk)
end

-- What becomes of each kind of event at its moment.
local kinds = {}

function kinds.requested(event)
  add(cell_now(event, ""), "offered", 1)
end

function kinds.assigned(event)
  local cell = cell_now(event, event.agent)
  if event.first ~= "1" then return add(cell, "taken", 1) end
  add(cell, "served", 1)
  add_time(cell, "wait", tonumber(event.waited))
end

function kinds.requeued(event)
  add(cell_now(event, event.agent), "requeued", 1)
end

-- A time of an agent with a chat, of which some was measured.
function kinds.released(event)
  local began, replied, customers, agents =
    string.match(event.work or "", "^(%d+):(%d*):(%d+):(%d+)$")
  if not began then return end
  local cell = cell_now(event, event.agent)
  add(cell, "handled", 1)
  add_time(cell, "handle", event.at - began)
  if replied ~= "" then
    add(cell, "replied", 1)
    add_time(cell, "first", replied - began)
  end
  add(cell, "messages_customer", tonumber(customers))
  add(cell, "messages_agent", tonumber(agents))
  for ms in string.gmatch(event.answers, "%d+") do
    add(cell, "responses", 1)
    add_time(cell, "answer", tonumber(ms))
  end
end

function kinds.transferred(event)
  local was = { at = event.at, desk = event.was_at or event.desk }
  if event.agent ~= "" then add(cell_now(was, event.agent), "transferred", 1) end
end

function kinds.recontact(event)
  add(cell_now(event, event.agent), "recontacts", 1)
end

function kinds.rated(event)
  add(cell_now(event, event.agent), "score_" .. event.score, 1)
end

function kinds.closed(event)
  local cell = cell_now(event, event.agent)
  if event.agent ~= "" then return add(cell, "closed", 1) end
  add(cell, "abandoned", 1)
  if event.first ~= "1" then add(cell, "again", 1) end
  add_time(cell, "left", tonumber(event.waited or 0))
end

-- Takes an event, its time as a number.
function tally.count(event)
  spread(event)
  local kind = kinds[event.what]
  if not kind or event.at < since or event.at >= till then return end
  kind(event)
end
