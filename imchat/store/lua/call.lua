-- What every function of the library begins and ends with.
--
-- A call has one key, the site's prefix with its hash tag, and one argument, a
-- MessagePack map, so that numbers arrive as numbers. What a function returns is
-- packed the same way: a fact, or a refusal, always a map with its kind in `fact`.
-- Refuse first, change after: a function that fails half way is not rolled back.

local call = { now = 0, stamp = "", settings = {} } -- `stamp` is `now` as text, made once
local command -- redis.call, which is not there yet while the library is loaded
local connections, inboxes -- by uid, what this call has read; by node, what it tells

local function milliseconds()
  local time = command("TIME")
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

function call.refuse(code, message)
  return { fact = "refused", code = code, message = message }
end

-- Registers `f(arguments)` under the library's versioned name. `flags` says what it does
-- when the store is full: "no-writes" only reads; "allow-oom" makes room, or must go on.
-- Refuses with: late, when the caller has given this attempt up and may make another.
function call.register(name, flags, f)
  local function run(given_keys, given)
    local arguments = cmsgpack.unpack(given[1])
    command = redis.call
    keys.begin(given_keys[1])
    -- Nodes may have wrong clocks, so the store's counts; a test may pass its own.
    call.now = arguments.now or milliseconds()
    call.stamp = string.format("%d", call.now)
    call.settings = arguments.settings
    connections, inboxes = {}, {}
    if arguments["until"] and call.now > arguments["until"] then
      return cmsgpack.pack(call.refuse("late", "this call came too late"))
    end
    local result = cmsgpack.pack(f(arguments))
    call.tell_now()
    return result
  end
  redis.register_function{
    function_name = LIBRARY .. "_" .. name, callback = run, flags = flags,
  }
end

-- Reads: presence. Returns: a refusal when the connection was given up for lost: its node
-- was dead for a while, and what it still holds of it came before what the uid did since.
function call.refuse_lost(uid, connection)
  if command("HEXISTS", keys.presence(uid), connection) == 0 then
    return call.refuse("unavailable", "this connection was given up for lost; connect again")
  end
end

-- Writes: events. One entry of the site's audit log, kept as long as the messages.
-- `tier` is always the bucket that an agent was taken from, `reason` what made it happen:
--   requested, queued      by the customer; queued also by transfer
--   assigned   a slot, by  request, transfer, or to one who waited: closed, transferred (a chat
--                          of the agent was), online, back, changed (the agent), requeued
--                          (the agent of another)
--   released   a slot, by  customer, agent, supervisor, disconnected (the chat was closed),
--                          transfer, lost (the agent)
--   transferred            the chat of `agent` (of none, if it waited), to the agent `to` or to
--                          any of `desk`, `by` whom: an agent, a supervisor (the reason)
--   requeued, closed       what became of the chat
--   rated                  with the score, by the customer
--   recontact              at `asked_at`, within a day after a chat of the agent; see rollups.lua
--   online, back, changed, status, lost, offline    what became of the agent, or the customer
function call.event(what, ...)
  local oldest = math.max(0, call.now - call.settings.keep_s * 1000)
  command("XADD", keys.events(), "MINID", "~", oldest, "*", "what", what, "at", call.now, ...)
end

-- Writes: totals, what happened since the site began.
function call.count(name, by)
  command("HINCRBY", keys.totals(), name, by or 1)
end

-- Writes, when the call ends: the inbox of each node that holds a connection of `uid` other than
-- `except`. So a fact must not be changed once it is told, and presence not after a telling.
function call.tell(uid, fact, except)
  local held = connections[uid] or command("HGETALL", keys.presence(uid))
  connections[uid] = held
  local told = #held > 2 and {}
  for i = 1, #held, 2 do
    local node = held[i + 1]
    if held[i] ~= except and not (told and told[node]) then
      if told then told[node] = true end
      local inbox = inboxes[node] or {}
      inboxes[node] = inbox
      inbox[#inbox + 1] = { uid, except or "", fact }
    end
  end
end

-- Writes: inbox. An entry holds all that a call tells a node, as a list of whom, except which
-- connection, and the fact.
function call.tell_now()
  for node, inbox in pairs(inboxes) do
    command("XADD", keys.inbox(node), "*", "told", cmsgpack.pack(inbox))
  end
end
