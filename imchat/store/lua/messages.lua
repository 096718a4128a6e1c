-- Conversations: one copy for each pair of uids, each message living as long as is set.

local messages = {}

-- Reads: open, chat. Returns: the id of the open chat between customer and agent, or nil.
function messages.open_between(customer, agent)
  local id = command("GET", keys.open(customer))
  return id and command("HGET", keys.chat(id), "agent") == agent and id or nil
end

-- The topic becomes the customer's first message to the agent. Returns: its JSON, or nil
-- when the chat came back to an agent that has it.
function messages.topic(chat, agent, except)
  local id = "topic-" .. chat.id
  local tail = '"id":"' .. id .. '",' .. chat.topic_tail
  local _, new = talks.post({ chat.customer, agent, "customer", id, tail, except or "" })
  return new[1]
end

-- Takes a batch. Returns: for each message in order what acks it, or why it is refused.
-- The same id from the same sender is stored once, even if the chat was closed since.
call.register("post", {}, function(a)
  return { fact = "stored", results = talks.post(a.messages) }
end)

-- Passes on that somebody writes; stores nothing. Refuses with: not_found.
call.register("typing", {}, function(a)
  local chat = messages.open_between(talks.sides(a.sender, a.to, a.role))
  if not chat then return call.refuse("not_found", "there is no open chat between you") end
  call.tell(a.to, { fact = "typing", chat = chat, sender = a.sender, to = a.to })
  return { fact = "done" }
end)

-- Writes: chat.read_by_*, which only grows. Refuses with: not_found.
call.register("read", { "allow-oom" }, function(a)
  local chat = messages.open_between(talks.sides(a.sender, a.to, a.role))
  if not chat then return call.refuse("not_found", "there is no open chat between you") end
  local field = "read_by_" .. a.role
  local seq = math.min(a.seq, talks.last_seq(a.sender, a.to))
  if seq > tonumber(command("HGET", keys.chat(chat), field) or 0) then
    command("HSET", keys.chat(chat), field, seq)
    local fact = { fact = "read", chat = chat, sender = a.sender, to = a.to, seq = seq }
    call.tell(a.to, fact)
    call.tell(a.sender, fact, a.connection)
  end
  return { fact = "done" }
end)
