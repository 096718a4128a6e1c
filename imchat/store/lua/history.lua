-- Reading a conversation. Its messages expire one by one, the oldest first; only when the
-- days that they live were made fewer may later ones be gone before earlier ones.

local PAGE_BYTES = 262144

-- Reads: history. Returns: the first seq that lives from the expired `seq` on to `final`, or
-- nil. Looks in steps that double and then between the last two, so that a year of
-- expired messages costs little; it finds what lives for as long as the gap before it.
local function next_alive(history, seq, step, final)
  local expired, found, distance = seq, seq, 1
  while command("HEXISTS", history, found) == 0 do
    if found == final then return nil end
    expired = found
    found = found + step * math.min(distance, math.abs(final - found))
    distance = distance * 2
  end
  while math.abs(found - expired) > 1 do
    local middle = math.floor((found + expired) / 2)
    if command("HEXISTS", history, middle) == 1 then found = middle else expired = middle end
  end
  return found
end

-- Returns: the living messages from `seq` on to `final`, as many as a page takes, and
-- whether there are more.
local function read(history, seq, step, final, limit)
  local page, bytes = {}, 0
  while seq and (final - seq) * step >= 0 do
    local message = command("HGET", history, seq)
    if message then
      if #page == limit or (#page > 0 and bytes + #message > PAGE_BYTES) then return page, true end
      page[#page + 1], bytes, seq = message, bytes + #message, seq + step
    else
      seq = next_alive(history, seq, step, final)
    end
  end
  return page, false
end

local function reversed(list)
  local turned = {}
  for i = #list, 1, -1 do turned[#turned + 1] = list[i] end
  return turned
end

-- Returns: page, oldest first, cut short when it grows large; `more` in the direction
-- asked for: of the reader with `peer`, or of `agent` with `peer`, which a supervisor may
-- read, and an agent that serves this peer. Refuses with: forbidden.
call.register("history", { "no-writes" }, function(a)
  local mine = a.agent == nil or (a.role == "agent" and a.agent == a.reader)
  local may = mine or a.role == "supervisor"
    or (a.role == "agent" and messages.open_between(a.peer, a.reader))
  if not may then
    return call.refuse("forbidden", "this conversation is not yours to read")
  end
  local one = mine and a.reader or a.agent
  local history = keys.history(one, a.peer)
  local last = talks.last_seq(one, a.peer)
  local page, more
  if a.after then
    page, more = read(history, a.after + 1, 1, last, a.limit)
  else
    page, more = read(history, math.min((a.before or last + 1) - 1, last), -1, 1, a.limit)
    page = reversed(page)
  end
  return { fact = "page", messages = page, more = more, last_seq = last }
end)
