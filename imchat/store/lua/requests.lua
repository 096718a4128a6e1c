-- What customers and agents ask about chats: request, close, status.

-- Returns: assigned, or queued. Refuses with: queue_full, and unavailable, when the
-- connection that asks was given up for lost. A customer that has an open chat gets that
-- one, and a call that is repeated the chat that it opened, also when it is closed by now.
call.register("request", {}, function(a)
  local lost = call.refuse_lost(a.customer, a.connection)
  if lost then return lost end
  local known = command("GET", keys.open(a.customer)) or asked.recall(a.customer, a.call)
  if known then return chats.standing(chats.facts(known)) end
  local tier = tiers.current(a.desk)
  if not tier and queue.length(a.desk) >= call.settings.max_queue then
    return call.refuse("queue_full", "too many are waiting at this desk; try again later")
  end
  local id = string.format("%d", command("INCR", keys.tickets()))
  command("SET", keys.open(a.customer), id)
  asked.note(a.customer, a.call, id)
  local chat = { id = id, last_seq = 0 }
  chats.change(chat, "state", "waiting", "customer", a.customer,
    "customer_name", a.name, "desk", a.desk, "topic", a.topic or "",
    "topic_tail", a.topic_tail or "", "opened_at", call.now, "queued_at", call.now,
    "wait_ms", 0, "requeues", 0, "messages_customer", 0, "messages_agent", 0,
    "responses", 0, "response_ms", 0)
  call.count("requested")
  call.event("requested", "chat", id, "customer", a.customer, "desk", a.desk)
  if tier then
    return chats.assign(chat, tiers.pick(a.desk, tier, a.customer), tier, "request", a.connection)
  end
  queue.join(a.desk, id)
  chat.position = queue.position(a.desk, id)
  call.event("queued", "chat", id, "customer", a.customer, "desk", a.desk)
  local fact = chats.standing(chat)
  call.tell(a.customer, fact, a.connection)
  return fact
end)

-- Returns: closed. Refuses with: not_found, forbidden, and unavailable, when the connection
-- was given up for lost. Closing a closed chat tells how it was. A supervisor closes any.
call.register("close", { "allow-oom" }, function(a)
  local lost = call.refuse_lost(a.uid, a.connection)
  if lost then return lost end
  local chat = chats.facts(a.chat)
  if not chat then return call.refuse("not_found", "there is no such chat") end
  if a.role ~= "supervisor" and chat[a.role] ~= a.uid then
    return call.refuse("forbidden", "this chat is not yours to close")
  end
  if chat.state == "closed" then return { fact = "closed", chat = chat } end
  local leaves = chat.state == "waiting" and a.role == "customer"
  local reason = leaves and "left_queue" or a.role
  return chats.finish(chat, a.uid, reason, a.connection)
end)

-- Returns: status, of the agent. Tells it, but for the connection that asks. Refuses with:
-- not_found, when a supervisor names one that is not here, and unavailable, when the connection
-- was given up for lost; an agent that has one is not offline.
call.register("status", { "allow-oom" }, function(a)
  local lost = call.refuse_lost(a.uid, a.connection)
  if lost then return lost end
  local agent = tiers.agent(a.agent)
  if not agent then
    return call.refuse("not_found", "there is no agent '" .. a.agent .. "' here")
  end
  if agent.state ~= a.state then
    local stood = tiers.stood(agent)
    tiers.leave(agent)
    agent.state = a.state
    command("HSET", keys.agent(a.agent), "state", a.state)
    tiers.enter(agent)
    call.event("status", "agent", a.agent, "state", a.state, "by", a.uid, "stood", stood)
    chats.dispatch(agent.desks, a.state)
  end
  local fact = tiers.status(a.agent)
  fact.by = a.uid
  call.tell(a.agent, fact, a.connection)
  return fact
end)
