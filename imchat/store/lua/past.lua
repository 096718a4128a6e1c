-- Reading what was, for the analyses: chats by their tickets, and what was said in them. A
-- call reads a bounded part and says where to go on, so that a site at work is not held up.

local CHATS_A_CALL = 200
local MESSAGES_A_CALL = 1000
local BYTES_A_CALL = 262144
local TEXTS = { "customer", "customer_name", "agent", "agent_name", "desk", "state", "reason" }
local TIMES = { "opened_at", "assigned_at", "closed_at", "score" }
local COUNTS = { "after_seq", "messages_customer", "messages_agent" }

-- Reads: chat. Returns: what the analyses need of it and its counts, or nil.
local function chat_of(id)
  local key = keys.chat(id)
  local texts = command("HMGET", key, unpack(TEXTS))
  if not texts[1] then return nil end
  local chat = { id = id, messages = {} }
  for i, name in ipairs(TEXTS) do
    if texts[i] and texts[i] ~= "" then chat[name] = texts[i] end
  end
  local times = command("HMGET", key, unpack(TIMES))
  for i, name in ipairs(TIMES) do chat[name] = tonumber(times[i] or "") end
  local counts = command("HMGET", key, unpack(COUNTS))
  for i = 1, #COUNTS do counts[i] = tonumber(counts[i] or "") or 0 end
  return chat, counts[1], counts[2] + counts[3]
end

-- Reads: history. Puts into `messages` what is alive of the seqs from `first` to `last`, up to
-- so many bytes. Returns: the seq to go on from, and the bytes that are left.
local function read(history, first, last, messages, bytes)
  for seq = first, math.min(last, first + MESSAGES_A_CALL - 1) do
    if bytes <= 0 then return seq, bytes end
    local message = command("HGET", history, seq)
    if message then
      messages[#messages + 1] = message
      bytes = bytes - #message
    end
  end
  return math.min(last, first + MESSAGES_A_CALL - 1) + 1, bytes
end

-- Takes a place: the ticket to begin at, and how many seqs of its chat were read before; the
-- `agent` or `desk` whose messages alone are wanted. Messages are those with the last agent; a
-- transferred chat may bring some of the next chat between the two, which say so themselves.
-- Returns: past, with the place to go on from, or none after the last ticket.
call.register("past", { "no-writes" }, function(a)
  local last_ticket = tonumber(command("GET", keys.tickets()) or 0)
  local found, bytes = {}, BYTES_A_CALL
  local stop = math.min(last_ticket, a.ticket + CHATS_A_CALL - 1)
  for ticket = a.ticket, stop do
    if bytes <= 0 then return { fact = "past", chats = found, last_ticket = last_ticket,
      next = { ticket, 0 } } end
    local chat, after, count = chat_of(string.format("%d", ticket))
    if chat then
      found[#found + 1] = chat
      local wanted = (not a.agent or a.agent == chat.agent) and (not a.desk or a.desk == chat.desk)
      if a.messages and wanted and chat.agent then
        local skip = ticket == a.ticket and a.skip or 0
        local final = math.min(after + count, talks.last_seq(chat.customer, chat.agent))
        local history = keys.history(chat.customer, chat.agent)
        local on
        on, bytes = read(history, after + skip + 1, final, chat.messages, bytes)
        if on <= final then return { fact = "past", chats = found, last_ticket = last_ticket,
          next = { ticket, on - after - 1 } } end
      end
    end
  end
  return { fact = "past", chats = found, last_ticket = last_ticket,
    next = stop < last_ticket and { stop + 1, 0 } or nil }
end)
