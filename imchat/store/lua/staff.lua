-- Which agents a desk has. A desk is known as long as it has any, or a queue.

local staff = {}

-- Writes: staff, desks, pace. The agent was of the desks `before`; now it is of its own alone.
function staff.change(agent, before)
  local own = {}
  for _, desk in ipairs(agent.desks) do
    own[desk] = true
    command("SADD", keys.desks(), desk)
    command("ZADD", keys.staff(desk), agent.capacity, agent.uid)
  end
  for _, desk in ipairs(before) do
    if not own[desk] then
      command("ZREM", keys.staff(desk), agent.uid)
      staff.forget_if_empty(desk)
    end
  end
end

-- Writes: desks, pace. What a customer or a token calls a desk must not stay for ever.
function staff.forget_if_empty(desk)
  if command("EXISTS", keys.staff(desk), keys.queue(desk)) == 0 then
    command("SREM", keys.desks(), desk)
    command("DEL", keys.pace(desk))
  end
end

-- Returns: the highest capacity of the desk's agents, 0 when it has none.
function staff.highest_capacity(desk)
  return tonumber(command("ZRANGE", keys.staff(desk), 0, 0, "REV", "WITHSCORES")[2]) or 0
end
