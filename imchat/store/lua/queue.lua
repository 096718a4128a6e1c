-- Who waits: for each desk its chats by ticket. A ticket is the chat's id, so a chat
-- that is queued again stands where it stood.

local queue = {}

-- How much the newest interval counts in the mean of those between two served tickets.
local NEWEST = 0.2

-- Writes: queue, desks.
function queue.join(desk, chat)
  command("SADD", keys.desks(), desk)
  command("ZADD", keys.queue(desk), chat, chat)
end

-- Writes: queue, desks, pace. Takes what is known of a chat.
function queue.leave(chat)
  command("ZREM", keys.queue(chat.desk), chat.id)
  chat.position = nil
  staff.forget_if_empty(chat.desk)
end

function queue.length(desk)
  return command("ZCARD", keys.queue(desk))
end

-- Returns: the lowest ticket that waits at the desk, or nil.
function queue.first(desk)
  return tonumber(command("ZRANGE", keys.queue(desk), 0, 0)[1])
end

-- Returns: the place of the chat from 1, or nil when it does not wait.
function queue.position(desk, chat)
  local rank = command("ZRANK", keys.queue(desk), chat)
  return rank and rank + 1 or nil
end

-- Writes: queue, desks; pace, an exponentially weighted mean of the time between two tickets served
-- while somebody waited.
function queue.served(chat)
  queue.leave(chat)
  local desk = chat.desk
  local pace = command("HMGET", keys.pace(desk), "served_at", "mean_ms")
  local interval = call.now - math.max(tonumber(pace[1] or 0), chat.queued_at)
  local mean = tonumber(pace[2] or interval)
  mean = math.floor(mean + NEWEST * (interval - mean))
  command("HSET", keys.pace(desk), "served_at", call.now, "mean_ms", mean)
end

-- Returns: seconds until the place is served at that pace, or nil when none is known.
function queue.eta_s(desk, position)
  local mean = tonumber(command("HGET", keys.pace(desk), "mean_ms"))
  return mean and math.ceil(position * mean / 1000) or nil
end
