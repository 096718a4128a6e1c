-- Chats that change hands: that are transferred, or left behind by an agent that is lost.

local transfers = {}

-- Takes the chat from who has it. Writes: what `release` does, or the queue.
-- Returns: the desks that have a slot more.
local function take(chat, reason)
  if chat.agent then return chats.release(chat, reason) end
  queue.leave(chat)
  return {}
end

-- Makes the chat wait, with the ticket that it has. Writes: chat, queue, desks.
local function wait(chat, queued_at, ...)
  chats.change(chat, "state", "waiting", "agent", "", "agent_name", "", "after_seq", "",
    "queued_at", queued_at, ...)
  queue.join(chat.desk, chat.id)
  chat.position, chat.last_seq = queue.position(chat.desk, chat.id), 0
end

-- Puts the chat of a lost agent, still in its grace, back in its place in the queue.
-- Writes: serving, agent, chat, queue. Returns: its desk.
function transfers.requeue(id)
  local chat = chats.facts(id)
  local agent = chat.agent
  chats.release(chat, "lost")
  wait(chat, call.now, "requeues", chat.requeues + 1, reports.anew(chat))
  call.event("requeued", "chat", id, "customer", chat.customer, "agent", agent,
    "desk", chat.desk, "reason", "lost")
  call.tell(chat.customer, chats.standing(chat))
  return chat.desk
end

-- Returns: the agent, and the tier that it stands in; or nil and why it cannot be given the
-- chat. It is named by who knows why, so it need not be of the chat's desk.
local function named(chat, uid)
  local agent = tiers.agent(uid)
  if not agent and command("GET", keys.role(uid)) ~= "agent" then
    return nil, call.refuse("not_found", "there is no agent '" .. uid .. "'")
  end
  if chat.agent == uid then
    return nil, call.refuse("conflict", "'" .. uid .. "' has this chat already")
  end
  if not agent or not tiers.has_free_slot(agent) then
    return nil, call.refuse("conflict", "'" .. uid .. "' is not online with a free slot")
  end
  return uid, agent.load
end

-- Whether the slot that the chat's agent gets free would be filled with this chat again.
local function comes_back(chat, desk)
  local agent = chat.agent and tiers.agent(chat.agent)
  if not agent or agent.state ~= "online" or agent.in_grace then return false end
  local first, is_of_desk = tonumber(chat.id), false
  for _, own in ipairs(agent.desks) do
    is_of_desk = is_of_desk or own == desk
    first = math.min(first, queue.first(own) or first)
  end
  return is_of_desk and first == tonumber(chat.id)
end

-- Returns: whom the desk gives the chat, if anybody is free, and from which tier; or nil and why
-- the desk cannot have it. Who has the chat is passed over.
local function any_of(chat, desk)
  if command("SISMEMBER", keys.desks(), desk) == 0 then
    return nil, call.refuse("not_found", "the desk '" .. desk .. "' has neither agents nor a queue")
  end
  if chat.position and chat.desk == desk then
    return nil, call.refuse("conflict", "the chat waits at this desk already")
  end
  local uid, tier = tiers.pick_another(desk, chat.customer, chat.agent)
  if not uid and comes_back(chat, desk) then
    return nil, call.refuse("conflict", "nobody but '" .. chat.agent .. "' is free at this desk")
  end
  return uid, tier
end

-- Writes: what `take`, `wait` and `give` do. Moves the chat to the agent, or to a desk where
-- nobody is free. Tells both sides, and the new agent; serves who waited for the slot.
local function move(chat, a, uid, tier)
  local from, desk = chat.agent, a.desk or chat.desk
  local since = chat.agent and call.now or chat.queued_at
  local desks = take(chat, "transfer")
  call.event("transferred", "chat", chat.id, "customer", chat.customer, "agent", from or "",
    "to", a.to or "", "desk", desk, "by", a.uid, "reason", a.role, "was_at", chat.desk)
  chat.desk = desk
  if uid then
    chats.change(chat, "desk", desk, "transfers", (chat.transfers or 0) + 1, reports.anew(chat))
    chat.queued_at = since
    chats.give(chat, uid, tier, "transfer")
  else
    wait(chat, since, "desk", desk, "transfers", (chat.transfers or 0) + 1, reports.anew(chat))
    call.event("queued", "chat", chat.id, "customer", chat.customer, "desk", desk,
      "reason", "transfer")
  end
  local fact = { fact = "transferred", chat = chat, sender = from, by = a.uid }
  if from then call.tell(from, fact, a.connection) end
  call.tell(chat.customer, fact)
  if uid then call.tell(uid, fact) else call.tell(chat.customer, chats.standing(chat)) end
  if uid and chat.topic_tail then messages.topic(chat, uid) end
  chats.dispatch(desks, "transferred")
  return fact
end

-- Returns: transferred. Refuses with: not_found, forbidden, conflict, and unavailable, when the
-- connection that asks was given up for lost. A call that is repeated is told how the chat
-- stands that it moved.
call.register("transfer", {}, function(a)
  local lost = call.refuse_lost(a.uid, a.connection)
  if lost then return lost end
  local chat = chats.facts(a.chat)
  if not chat then return call.refuse("not_found", "there is no such chat") end
  local name = a.chat .. ":" .. (a.to or "") .. ":" .. (a.desk or "") .. ":" .. a.call
  local from = asked.recall(a.uid, name)
  if from then
    return { fact = "transferred", chat = chat, sender = from ~= "" and from or nil, by = a.uid }
  end
  if a.role == "agent" and chat.agent ~= a.uid then
    return call.refuse("forbidden", "this chat is not yours to transfer")
  end
  if chat.state == "closed" then return call.refuse("conflict", "this chat is closed") end
  local uid, tier
  if a.to then uid, tier = named(chat, a.to) else uid, tier = any_of(chat, a.desk) end
  if type(tier) == "table" then return tier end
  asked.note(a.uid, name, chat.agent or "")
  return move(chat, a, uid, tier)
end)
